import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { texts } from "../i18n";

/** An address or a number that a person needs elsewhere, with a button that copies it where the browser lets it. */
export function Copyable({ text, testId, href }: { text: string; testId: string; href?: string }) {
  const t = texts("candidate");
  const [copied, setCopied] = useState(false);
  // Absent on plain HTTP, whatever the types say; the text can still be marked by hand.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  const copy = async (): Promise<void> => {
    try {
      await clipboard?.writeText(text);
      setCopied(true);
    } catch {
      setCopied(false);
    }
  };
  return (
    <span className="copyable">
      <span data-testid={testId} data-words="server">
        {href === undefined ? text : <a href={href}>{text}</a>}
      </span>
      {clipboard !== undefined && (
        <Button className="button small" onPress={() => void copy()} aria-label={`${t("copy")}: ${text}`}>
          {copied ? t("copied") : t("copy")}
        </Button>
      )}
    </span>
  );
}
