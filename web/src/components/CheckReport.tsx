import { useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import { type Checkup, verdictOf } from "../client/checkup";
import type { CheckResult } from "../client/soundCheck";
import { language, texts } from "../i18n";
import { Icon } from "../ui/Icon";
import { Panel, type Tone } from "../ui/Panel";

const TONES = { good: "good", usable: "info", poor: "warning" } as const satisfies Record<string, Tone>;

/** The verdict in plain words, what can be done, the sentence to hear, and the figures for who wants them. */
export function CheckReport({ result }: { result: CheckResult }) {
  const t = texts("candidate");
  const { checkup, sentence } = result;
  const { grade, findings } = verdictOf(checkup);
  const measured = checkup.path === "direct" || checkup.path === "relay";
  return (
    <div
      data-testid="check-verdict"
      data-grade={grade}
      data-findings={findings.join(" ")}
      data-path={checkup.path}
      data-voice-delay-ms={checkup.voiceDelayMs ?? ""}
    >
      <Panel tone={TONES[grade]}>
        <p>
          <strong>{t(`check.verdict.${grade}`)}</strong>
        </p>
        {findings.map((finding) => (
          <p key={finding}>{t(`check.finding.${finding}`)}</p>
        ))}
      </Panel>
      {sentence !== null && (
        <>
          <p className="quiet">{measured ? t("check.cameBack") : t("check.localOnly")}</p>
          <Playback sentence={sentence} />
        </>
      )}
      <details className="figures">
        <summary data-testid="check-figures">{t("check.figures")}</summary>
        <Figures checkup={checkup} />
      </details>
    </div>
  );
}

function Playback({ sentence }: { sentence: Blob }) {
  const t = texts("candidate");
  const element = useRef<HTMLAudioElement>(null);
  const [address, setAddress] = useState<string | undefined>();
  const [playing, setPlaying] = useState(false);
  useEffect(() => {
    const url = URL.createObjectURL(sentence);
    setAddress(url);
    return () => URL.revokeObjectURL(url);
  }, [sentence]);
  return (
    <p>
      <audio
        ref={element}
        src={address}
        onPlaying={() => setPlaying(true)}
        onEnded={() => setPlaying(false)}
        onPause={() => setPlaying(false)}
        data-testid="sentence"
      />
      <Button
        className="button"
        onPress={() => void element.current?.play().catch(() => undefined)}
        data-testid="hear"
        data-playing={playing}
      >
        <Icon name="speaker" /> {playing ? t("check.hearing") : t("check.hear")}
      </Button>
    </p>
  );
}

function Figures({ checkup }: { checkup: Checkup }) {
  const t = texts("candidate");
  const number = new Intl.NumberFormat(language(), { maximumFractionDigits: 1 });
  const unknown = t("check.figure.unknown");
  const ms = (value: number | null): string =>
    value === null ? unknown : t("check.figure.ms", { value: number.format(value) });
  const share = (value: number | null): string =>
    value === null ? unknown : t("check.figure.percent", { value: number.format(value * 100) });
  const rows: [string, string][] = [
    [t("check.figure.path"), t(`check.path.${checkup.path}`)],
    [t("check.figure.lossUp"), share(checkup.lossUp)],
    [t("check.figure.lossDown"), share(checkup.lossDown)],
    [t("check.figure.voiceDelay"), ms(checkup.voiceDelayMs)],
    [t("check.figure.roundTrip"), ms(checkup.roundTripMs)],
    [t("check.figure.jitter"), ms(checkup.jitterMs)],
    [t("check.figure.level"), t("check.figure.ofHundred", { value: number.format(checkup.voiceLevel) })],
  ];
  return (
    <dl className="facts-table">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
