import { Button } from "react-aria-components/Button";
import { Panel } from "./Panel";

/** Said while a page waits for a server that does not answer. */
export function Unreachable({ onRetry }: { onRetry: () => void }) {
  return (
    <>
      <Panel tone="warning" testId="unreachable">
        <p>
          <strong>The server does not answer at the moment.</strong> This page tries again by itself. Please check
          that you are online.
        </p>
      </Panel>
      <Button className="button" onPress={onRetry}>
        Try now
      </Button>
    </>
  );
}
