import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";

interface CopyTextProps {
  text: string;
  /** What it is, for the name of the button. */
  label: string;
  testId?: string;
  /** The button has its icon alone. */
  isSmall?: boolean;
}

/** Something to take elsewhere, with a button for it. Without a clipboard it can still be marked by hand. */
export function CopyText({ text, label, testId, isSmall = false }: CopyTextProps) {
  const t = texts("review");
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  const copy = (): void => {
    const written = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error("no clipboard"));
    written.then(
      () => setState("copied"),
      () => setState("failed"),
    );
  };
  return (
    <span className={isSmall ? "copy-text copy-small" : "copy-text"}>
      <code data-testid={testId}>{text}</code>{" "}
      <Button
        className={isSmall ? "icon-link no-print" : "button small no-print"}
        onPress={copy}
        aria-label={t("copy.label", { what: label })}
      >
        <Icon name={state === "copied" ? "check" : "copy"} /> {!isSmall && t("copy.copy")}
      </Button>
      <span role="status" className="quiet">
        {state === "copied" && t("copy.done")}
        {state === "failed" && t("copy.failed")}
      </span>
    </span>
  );
}
