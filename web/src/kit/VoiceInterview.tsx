import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import type { Phase } from "../client/state";
import type { StatusReport } from "../client/types";
import {
  type CaptionSettings,
  ConnectionState,
  Contact,
  ConsentGate,
  DeviceCheck,
  HelpButton,
  LeaveButton,
  LiveInterview,
  type Microphone,
  useMicrophone,
} from "../components";
import { texts } from "../i18n";
import { REASONS } from "../pages/interview/ClosingStep";
import { useAgentSound, useRetryWhenOnline } from "../pages/interview/useJourney";
import { Icon } from "../ui/Icon";
import { Panel } from "../ui/Panel";
import { Unreachable } from "../ui/Unreachable";
import { useRetryingLoad } from "../ui/useRetryingLoad";
import { Viva, type VivaProps } from "./Viva";
import type { Interview } from "./interview";
import { useInterview } from "./useInterview";

export interface VoiceInterviewProps extends Omit<VivaProps, "children"> {
  interview: Interview;
}

/** One interview, from the consent where one is asked, over the sound check, to its end. Headings are of level two on. */
export function VoiceInterview({ interview, ...words }: VoiceInterviewProps) {
  return (
    <Viva {...words}>
      <Arrival interview={interview} />
    </Viva>
  );
}

function Arrival({ interview }: { interview: Interview }) {
  const load = useCallback(() => interview.status(), [interview]);
  const [loaded, retry] = useRetryingLoad(load);
  switch (loaded.state) {
    case "loading":
      return <p role="status">{texts("shared")("moment")}</p>;
    case "waiting":
      return <Unreachable onRetry={retry} />;
    case "failed":
      return <Refused detail={loaded.error.message} />;
    case "ready":
      return <Way interview={interview} about={loaded.value} />;
  }
}

type Place = "consent" | "check" | "live";

function Way({ interview, about }: { interview: Interview; about: StatusReport }) {
  const view = useInterview(interview);
  const microphone = useMicrophone();
  const sound = useAgentSound();
  const asked = about.consent?.required === true && about.consent.given_at === null ? about.consent : null;
  const [place, setPlace] = useState<Place>(asked === null ? "check" : "consent");
  const [working, setWorking] = useState(false);
  const [isUnreachable, setUnreachable] = useState(false);
  useRetryWhenOnline(interview.call);
  useEffect(() => interview.on("audio", sound.play), [interview, sound.play]);
  const { open, close } = microphone;
  const { phase } = view.state;
  const hears = place !== "consent" && !["ended", "refused", "elsewhere"].includes(phase.name);
  useEffect(() => {
    if (hears) void open(null);
    else close();
  }, [hears, open, close]);

  const agree = async (): Promise<void> => {
    setWorking(true);
    try {
      await interview.giveConsent(asked?.version);
      setUnreachable(false);
      setPlace("check");
    } catch {
      setUnreachable(true);
    }
    setWorking(false);
  };
  const begin = (stream: MediaStream): void => {
    sound.prime();
    setPlace("live");
    // How it goes is in the phase.
    void interview.connect(stream).catch(() => undefined);
  };
  const here = async (): Promise<void> => begin((await open(null)) ?? microphone.goSilent());
  return (
    <>
      <audio ref={sound.element} autoPlay data-testid="agent-audio" />
      {place === "consent" && asked !== null && (
        <Step name="consent" title={texts("candidate")("consent.title")}>
          <ConsentGate consent={asked} attemptsLeft={null} working={working} onAgree={() => void agree()} />
          {isUnreachable && <Unreachable onRetry={() => void agree()} />}
        </Step>
      )}
      {place === "check" && <Check interview={interview} microphone={microphone} onBegin={begin} />}
      {place === "live" && (
        <Talk interview={interview} about={about} microphone={microphone} sound={sound} onHere={() => void here()} />
      )}
    </>
  );
}

interface CheckProps {
  interview: Interview;
  microphone: Microphone;
  onBegin: (stream: MediaStream) => void;
}

function Check({ interview, microphone, onBegin }: CheckProps) {
  const t = texts("candidate");
  const [running, setRunning] = useState(false);
  const { stream, problem } = microphone;
  return (
    <Step name="check" title={t("check.title")}>
      <p>{t("check.lead")}</p>
      <DeviceCheck session={interview.session} microphone={microphone} onRunning={setRunning} />
      <div className="actions">
        {problem === null ? (
          <Button
            className="button primary"
            isDisabled={stream === null || running}
            onPress={() => stream && onBegin(stream)}
            data-testid="start"
          >
            <Icon name="microphone" /> {t("practice.begin")}
          </Button>
        ) : (
          <Button className="button" onPress={() => onBegin(microphone.goSilent())} data-testid="no-mic">
            <Icon name="keyboard" /> {t("mic.without")}
          </Button>
        )}
      </div>
    </Step>
  );
}

interface TalkProps {
  interview: Interview;
  about: StatusReport;
  microphone: Microphone;
  sound: ReturnType<typeof useAgentSound>;
  onHere: () => void;
}

function Talk({ interview, about, microphone, sound, onHere }: TalkProps) {
  const t = texts("candidate");
  const view = useInterview(interview);
  const [captions, setCaptions] = useState<CaptionSettings>({ shown: true, size: "normal" });
  const { phase } = view.state;
  const { stream } = microphone;
  useEffect(() => {
    if (stream !== null) void interview.call.replaceMicrophone(stream);
  }, [interview, stream]);
  if (phase.name === "ended") return <Closing interview={interview} about={about} end={phase} />;
  if (phase.name === "refused") return <Refused detail={phase.detail} />;
  if (phase.name === "elsewhere") {
    return (
      <Step name="elsewhere" title={t("elsewhere.title")}>
        <p>{t("elsewhere.text")}</p>
        <Button className="button primary" onPress={onHere} data-testid="continue-here">
          {t("elsewhere.here")}
        </Button>
      </Step>
    );
  }
  return (
    <Step name="live" title={about.title || t("interview")}>
      <ConnectionState state={view.state} />
      <LiveInterview
        interview={view}
        microphone={microphone}
        captions={captions}
        onCaptions={setCaptions}
        mark={about.recording === true && <p className="quiet">{t("live.recorded")}</p>}
        soundBlocked={sound.isBlocked}
        onAllowSound={() => void sound.start()}
      >
        <HelpButton contact={about.contact ?? ""} reference={interview.sessionId} />
        <LeaveButton ending={phase.name === "ending"} onEnd={() => void view.end()} />
      </LiveInterview>
    </Step>
  );
}

interface ClosingProps {
  interview: Interview;
  about: StatusReport;
  end: Extract<Phase, { name: "ended" }>;
}

/** How it ended, whether it is saved, and what happens next. Where the results are read is the site's own affair. */
function Closing({ interview, about, end }: ClosingProps) {
  const t = texts("candidate");
  const reason = REASONS.find((known) => known === end.endReason) ?? "other";
  return (
    <Step name="closing" title={t("closing.title")}>
      <div data-testid="closing" data-end-reason={end.endReason ?? ""} className="stack">
        <p>{t(`closing.reason.${reason}`)}</p>
        <Panel tone={end.saved ? "good" : "warning"} testId={end.saved ? "saved" : "not-saved"}>
          <p>{end.saved ? t("closing.saved") : `${t("closing.notSaved")} ${t("closing.notSavedHint")}`}</p>
        </Panel>
        <p>{about.next_steps || t("closing.nextDefault", { title: about.title ?? "" })}</p>
        <Contact contact={about.contact ?? ""} reference={interview.sessionId} />
      </div>
    </Step>
  );
}

function Refused({ detail }: { detail: string }) {
  return (
    <Panel tone="error" testId="problem">
      <p>{detail}</p>
    </Panel>
  );
}

/** A step. Its heading takes the focus when it follows another one, so that a screen reader starts there. */
function Step({ name, title, children }: { name: string; title: string; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // Not into a page where the reader was elsewhere: only from one step to the next.
    const root = heading.current?.closest(".viva");
    if (root?.getAttribute("data-step") && root.getAttribute("data-step") !== name) heading.current?.focus();
    root?.setAttribute("data-step", name);
  }, [name]);
  return (
    <>
      <h2 ref={heading} tabIndex={-1} className="step-title">
        {title}
      </h2>
      {children}
    </>
  );
}
