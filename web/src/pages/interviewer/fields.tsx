/** Fields with label, hint and error tied together; every page of interviewers uses these. */
import { type ReactNode, useEffect, useState } from "react";
import { Button } from "react-aria-components/Button";
import { Checkbox } from "react-aria-components/Checkbox";
import { FieldError } from "react-aria-components/FieldError";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { Select, SelectValue } from "react-aria-components/Select";
import { Input, Label, Text, TextArea, TextField } from "react-aria-components/TextField";
import { Icon } from "../../ui/Icon";

interface Common {
  label: string;
  /** Below the field, and read out with it. */
  hint?: ReactNode;
  error?: string;
  id?: string;
  testId?: string;
}

function Below({ hint, error }: Pick<Common, "hint" | "error">) {
  return (
    <>
      {hint !== undefined && (
        <Text slot="description" className="quiet hint">
          {hint}
        </Text>
      )}
      {error !== undefined && (
        <FieldError className="field-error">
          <Icon name="warning" /> {error}
        </FieldError>
      )}
    </>
  );
}

interface TextBoxProps extends Common {
  value: string;
  onChange: (value: string) => void;
  /** Lines of a field for longer texts. */
  rows?: number;
  maxLength?: number;
  isRequired?: boolean;
  autoFocus?: boolean;
  type?: "text" | "email" | "password" | "search" | "datetime-local" | "date";
  inputMode?: "text" | "numeric" | "decimal" | "email";
  autoComplete?: string;
  placeholder?: string;
  isReadOnly?: boolean;
  className?: string;
}

export function TextBox({ label, hint, error, testId, rows, placeholder, className, ...field }: TextBoxProps) {
  return (
    <TextField
      {...field}
      className={`field ${className ?? ""}`}
      isInvalid={error !== undefined}
      validationBehavior="aria"
    >
      <Label>{label}</Label>
      {rows === undefined ? (
        <Input placeholder={placeholder} data-testid={testId} />
      ) : (
        <TextArea rows={rows} placeholder={placeholder} data-testid={testId} />
      )}
      <Below hint={hint} error={error} />
    </TextField>
  );
}

interface NumberBoxProps extends Common {
  value: number | null;
  onChange: (value: number | null) => void;
  /** The value is shown divided by this: 60000 shows milliseconds as minutes. */
  scale?: number;
  className?: string;
}

/** What somebody typed as a number, with a point or a comma; null where it is none. */
export function numberOf(text: string): number | null {
  const plain = text.trim().replace(",", ".");
  if (!/^\d*\.?\d+$|^\d+\.$/.test(plain)) return null;
  return Number(plain);
}

function shown(value: number | null, scale: number): string {
  return value === null ? "" : String(Math.round((value / scale) * 1000) / 1000);
}

/** A number that may be missing. What was typed stays as it is until the value is changed from elsewhere. */
export function NumberBox({ value, onChange, scale = 1, ...field }: NumberBoxProps) {
  const [text, setText] = useState(() => shown(value, scale));
  const [told, setTold] = useState(value);
  useEffect(() => {
    if (value === told) return;
    setText(shown(value, scale));
    setTold(value);
  }, [value, told, scale]);
  const change = (next: string): void => {
    const number = numberOf(next);
    const scaled = number === null ? null : scale === 1 ? number : Math.round(number * scale);
    setText(next);
    setTold(scaled);
    onChange(scaled);
  };
  return <TextBox {...field} value={text} onChange={change} inputMode="decimal" autoComplete="off" />;
}

interface ChoiceProps<K extends string> extends Common {
  value: K;
  onChange: (value: K) => void;
  options: readonly { value: K; text: string }[];
}

export function Choice<K extends string>(props: ChoiceProps<K>) {
  const { label, hint, error, id, testId, value, onChange, options } = props;
  return (
    <Select
      className="field choice"
      value={value}
      onChange={(key) => onChange(key as K)}
      isInvalid={error !== undefined}
      validationBehavior="aria"
    >
      <Label>{label}</Label>
      <Button className="choice-button" data-testid={testId} data-value={value} id={id}>
        <SelectValue>{({ selectedText }) => selectedText}</SelectValue>
        <Icon name="down" />
      </Button>
      <Below hint={hint} error={error} />
      <Popover className="popover">
        <ListBox className="options">
          {options.map((option) => (
            <ListBoxItem
              key={option.value}
              id={option.value}
              textValue={option.text}
              className="option"
              data-testid={testId === undefined ? undefined : `${testId}-${option.value}`}
            >
              {option.text}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}

interface TickProps {
  label: string;
  hint?: string;
  isSelected: boolean;
  onChange: (isSelected: boolean) => void;
  testId?: string;
}

export function Tick({ label, hint, isSelected, onChange, testId }: TickProps) {
  return (
    <Checkbox className="checkbox" isSelected={isSelected} onChange={onChange} data-testid={testId}>
      <span className="box" aria-hidden="true">
        <Icon name="check" />
      </span>
      <span>
        {label}
        {hint !== undefined && <span className="quiet hint"> {hint}</span>}
      </span>
    </Checkbox>
  );
}
