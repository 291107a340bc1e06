import { useEffect, useState } from "react";
import { Button } from "react-aria-components/Button";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { roomLink } from "./Stage";

const SAID_MS = 4_000;

/** Copies the room's link; where the browser does not let us, it can be marked and copied by hand. */
export function CopyLink({ code, primary = false, name }: { code: string; primary?: boolean; name?: string }) {
  const t = texts("rooms");
  const [state, setState] = useState<"ready" | "done" | "failed">("ready");
  useEffect(() => {
    if (state !== "done") return;
    const timer = setTimeout(() => setState("ready"), SAID_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(roomLink(code));
      setState("done");
    } catch {
      setState("failed");
    }
  };
  return (
    <span className="copy-link">
      <Button
        className={primary ? "button primary" : "button small"}
        onPress={() => void copy()}
        aria-label={name === undefined ? undefined : `${t("copy.link")}: ${name}`}
        data-testid="copy-link"
        data-state={state}
      >
        <Icon name={state === "done" ? "check" : "copy"} /> {state === "done" ? t("copy.done") : t("copy.link")}
      </Button>
      <span role="status" className="hidden">
        {state === "done" ? t("copy.done") : ""}
      </span>
      {state === "failed" && (
        <label className="copy-by-hand">
          {t("copy.failed")} <input readOnly value={roomLink(code)} onFocus={(event) => event.target.select()} />
        </label>
      )}
    </span>
  );
}
