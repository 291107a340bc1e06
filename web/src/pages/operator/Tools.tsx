import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { ToggleButton } from "react-aria-components/ToggleButton";
import { ToggleButtonGroup } from "react-aria-components/ToggleButtonGroup";
import { credential } from "../../client/account";
import { HttpClient } from "../../client/http";
import { texts } from "../../i18n";
import { saveAs } from "../../ui/save";
import { duration } from "./format";
import { snapshot } from "./snapshot";
import { INTERVALS_MS, type StatusWatch, type WatchState } from "./watch";

interface ToolsProps {
  watch: StatusWatch;
  state: WatchState;
}

/** Pause, how often to ask, a snapshot for a ticket, and where the figures come from. */
export function Tools({ watch, state }: ToolsProps) {
  const t = texts("operator");
  const { isPaused, intervalMs, facts } = state;
  const [copied, setCopied] = useState<"done" | string | null>(null);
  const copy = async (): Promise<void> => {
    if (facts === null) return;
    const text = snapshot(facts);
    try {
      await navigator.clipboard.writeText(text);
      setCopied("done");
    } catch {
      // No clipboard: a page off localhost on plain HTTP, or somebody who said no.
      setCopied(text);
    }
  };
  return (
    <section className="tools" aria-label={t("tools.label")}>
      <div className="tool-row">
        <Button className="button small" onPress={() => watch.pause(!isPaused)} data-testid="pause">
          {t(isPaused ? "tools.resume" : "tools.pause")}
        </Button>
        <span id="interval">{t("tools.interval")}</span>
        <ToggleButtonGroup
          className="choices"
          aria-labelledby="interval"
          disallowEmptySelection
          selectedKeys={[String(intervalMs)]}
          onSelectionChange={(keys) => watch.every(Number([...keys][0] ?? intervalMs))}
        >
          {INTERVALS_MS.map((ms) => (
            <ToggleButton key={ms} id={String(ms)} className="choice" data-testid={`interval-${ms}`}>
              {duration(ms)}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
        <Button className="button small" isDisabled={facts === null} onPress={() => void copy()} data-testid="copy">
          {t("tools.copy")}
        </Button>
      </div>
      <div
        role="status"
        data-testid="copied"
        data-copied={copied === null ? "no" : copied === "done" ? "yes" : "by-hand"}
      >
        {copied === "done" && <p className="quiet">{t("tools.copied")}</p>}
        {copied !== null && copied !== "done" && <p className="quiet">{t("tools.notCopied")}</p>}
      </div>
      {copied !== null && copied !== "done" && (
        <label className="field">
          {t("tools.snapshot")}
          <textarea readOnly rows={8} value={copied} data-testid="snapshot" />
        </label>
      )}
    </section>
  );
}

/** The version, and the same figures for programs. */
export function Sources({ state: { facts } }: { state: WatchState }) {
  const t = texts("operator");
  const [isFailed, setFailed] = useState(false);
  const who = credential();
  const save = async (): Promise<void> => {
    try {
      saveAs(await new HttpClient("", who).file("/metrics"), "metrics.txt");
      setFailed(false);
    } catch {
      setFailed(true);
    }
  };
  return (
    <footer className="sources">
      <span data-testid="version">
        {facts?.version == null ? t("tools.versionUnknown") : t("tools.version", { version: facts.version })}
      </span>
      {who === null ? (
        <a href="/metrics">{t("tools.metrics")}</a>
      ) : (
        // A link cannot carry the key.
        <Button className="link-button" onPress={() => void save()} data-testid="save-metrics">
          {t("tools.saveMetrics")}
        </Button>
      )}
      <a href="/api/docs">{t("tools.api")}</a>
      <span role="status">{isFailed && t("tools.notSaved")}</span>
    </footer>
  );
}
