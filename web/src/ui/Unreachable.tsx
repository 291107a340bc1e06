import { Button } from "react-aria-components/Button";
import { texts } from "../i18n";
import { Panel } from "./Panel";

/** Said while a page waits for a server that does not answer. */
export function Unreachable({ onRetry }: { onRetry: () => void }) {
  const t = texts("shared");
  return (
    <>
      <Panel tone="warning" testId="unreachable">
        <p>
          <strong>{t("unreachable.title")}</strong> {t("unreachable.text")}
        </p>
      </Panel>
      <Button className="button" onPress={onRetry}>
        {t("tryNow")}
      </Button>
    </>
  );
}
