import { useEffect, useState } from "react";
import { Button } from "react-aria-components/Button";
import { Meter } from "react-aria-components/Meter";
import { type Loudness, loudnessOf } from "../client/checkup";
import { watchLevel } from "../client/level";
import type { MicrophoneProblem } from "../client/microphone";
import { texts } from "../i18n";
import { Icon } from "../ui/Icon";
import { Panel } from "../ui/Panel";
import type { Microphone } from "./useMicrophone";

/** Which microphone, and whether it hears anything. */
export function MicrophonePicker({ microphone }: { microphone: Microphone }) {
  const t = texts("candidate");
  if (microphone.problem !== null) {
    return <MicrophoneHelp problem={microphone.problem} onRetry={() => void microphone.open(null)} />;
  }
  if (microphone.silent) {
    return (
      <>
        <p role="status">{t("mic.silent")}</p>
        <Button className="button" onPress={() => void microphone.open(null)} data-testid="mic-retry">
          <Icon name="microphone" /> {t("mic.again")}
        </Button>
      </>
    );
  }
  return (
    <>
      <DeviceChoice microphone={microphone} />
      <LevelMeter stream={microphone.stream} />
    </>
  );
}

/** The browser's own list box: on a phone it is the one that people know, and it needs no script. */
function DeviceChoice({ microphone }: { microphone: Microphone }) {
  const t = texts("candidate");
  const { devices, deviceId, stream } = microphone;
  const known = devices.length > 0;
  return (
    <label className="field">
      <span>{t("mic.label")}</span>
      <select
        value={deviceId ?? ""}
        disabled={!known}
        onChange={(event) => void microphone.open(event.target.value)}
        data-testid="mic-select"
      >
        {stream === null && !known && <option value="">{t("mic.waiting")}</option>}
        {stream !== null && !devices.some((device) => device.id === deviceId) && (
          <option value={deviceId ?? ""}>{t("mic.browserChoice")}</option>
        )}
        {devices.map((device) => (
          <option key={device.id} value={device.id} data-words="server">
            {device.label}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The word stays for a moment after a word was spoken, so that it can be read. */
const WORD_STAYS_MS = 1_500;

function LevelMeter({ stream }: { stream: MediaStream | null }) {
  const t = texts("candidate");
  const [level, setLevel] = useState(0);
  const [loudness, setLoudness] = useState<Loudness>("silent");
  const [heard, setHeard] = useState(false);
  useEffect(() => {
    if (stream === null) return;
    let spokenAtMs = 0;
    return watchLevel(stream, (percent) => {
      const word = loudnessOf(percent);
      setLevel(percent);
      if (word === "silent" && performance.now() - spokenAtMs < WORD_STAYS_MS) return;
      if (word !== "silent") spokenAtMs = performance.now();
      if (word === "good") setHeard(true);
      setLoudness(word);
    });
  }, [stream]);
  return (
    <>
      <Meter
        className="meter"
        value={level}
        aria-label={t("mic.level")}
        valueLabel={t(`mic.loudness.${loudness}`)}
        data-testid="mic-level"
        data-loudness={loudness}
      >
        {({ percentage }) => (
          <div className="meter-track">
            <div className="meter-fill" style={{ inlineSize: `${percentage}%` }} />
          </div>
        )}
      </Meter>
      <p role="status" data-testid="mic-heard" data-heard={heard}>
        {loudness === "good" && <Icon name="check" />}
        {(loudness === "quiet" || loudness === "loud") && <Icon name="warning" />}{" "}
        {loudness === "silent" && !heard ? t("mic.say") : t(`mic.loudness.${loudness}`)}
      </p>
    </>
  );
}

interface MicrophoneHelpProps {
  problem: MicrophoneProblem;
  onRetry: () => void;
  testId?: string;
  /** What else can be done meanwhile. */
  also?: string;
}

/** What is wrong with the microphone, and what the candidate can do. */
export function MicrophoneHelp({ problem, onRetry, testId = "mic-problem", also }: MicrophoneHelpProps) {
  const t = texts("candidate");
  return (
    <div className="stack" data-testid={testId} data-problem={problem}>
      <Panel tone="error">
        <p>
          <strong>{t(`mic.problem.${problem}.what`)}</strong>
        </p>
        <p>
          {t(`mic.problem.${problem}.remedy`)} {also}
        </p>
      </Panel>
      {problem !== "insecure_page" && (
        <Button className="button" onPress={onRetry} data-testid="mic-retry">
          <Icon name="repeat" /> {t("mic.again")}
        </Button>
      )}
    </div>
  );
}
