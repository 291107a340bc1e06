import { Button } from "react-aria-components/Button";
import { Label } from "react-aria-components/Label";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { Select, SelectValue } from "react-aria-components/Select";
import { Icon } from "../../ui/Icon";

interface ChoiceProps {
  label: string;
  value: string;
  options: [value: string, words: string][];
  onChange: (value: string) => void;
  testId: string;
}

/** One of a few. */
export function Choice({ label, value, options, onChange, testId }: ChoiceProps) {
  return (
    <Select
      className="choice"
      selectedKey={value}
      onSelectionChange={(key) => onChange(String(key))}
      data-own-keys=""
      data-testid={testId}
      data-value={value}
    >
      <Label className="choice-label">{label}</Label>
      <Button className="button choice-button">
        <SelectValue /> <Icon name="down" />
      </Button>
      <Popover className="popover">
        <ListBox className="choice-list">
          {options.map(([key, words]) => (
            <ListBoxItem key={key} id={key} className="choice-item" textValue={words}>
              {words}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}
