import { useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { TextBox } from "./fields";

const SAID_MS = 4_000;

interface CopyableProps {
  label: string;
  value: string;
  testId: string;
}

/** An address to be passed on: shown, selectable, and copied by a button. */
export function Copyable({ label, value, testId }: CopyableProps) {
  const t = texts("interviewer");
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  const field = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (state !== "copied") return;
    const timer = setTimeout(() => setState("idle"), SAID_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(value);
      setState("copied");
    } catch {
      // No clipboard on plain HTTP: the text is selected, ready for the keys.
      field.current?.querySelector("input")?.select();
      setState("failed");
    }
  };
  return (
    <div className="copyable" ref={field}>
      <TextBox label={label} value={value} onChange={() => undefined} isReadOnly testId={testId} />
      <Button className="button" onPress={() => void copy()} data-testid={`${testId}-copy`}>
        <Icon name={state === "copied" ? "check" : "copy"} /> {t("copy.action")}
      </Button>
      <span role="status" className="quiet">
        {state === "copied" ? t("copy.done") : state === "failed" ? t("copy.failed") : ""}
      </span>
    </div>
  );
}
