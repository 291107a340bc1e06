/**
 * The candidate's page, for `/i/{code}` (an invitation) and `/interview/{session_id}#token=…`.
 *
 * It needs the REST endpoints of one session and the data channel `viva-events`, nothing else. The way: what this is,
 * consent, sound check, practice, interview, closing. The protocol is in `src/client`, what shows an interview in
 * `src/components`; here they are put together.
 *
 * For tests and scripts, these `data-testid`s are kept stable:
 *   steps                        data-step="about|consent|check|practice"
 *   continue, consent, agree     the first step's button; the checkbox of the second, and its button
 *   check                        data-stage="ready|connecting|measuring|speaking|done"
 *   mic-problem, mic-select, mic-level, mic-heard, no-mic, speaker-test, check-start, check-next,
 *   hear   the sound check
 *   check-verdict                data-grade="good|usable|poor", data-findings, data-path, data-voice-delay-ms
 *   practice-start, practice-mark, practice-stop, start       practice, and the way into the interview
 *   ask, continue-interview, anew                             the link was opened before
 *   recorded                     there while an interview is held whose sound is recorded
 *   connection-state             data-state="idle|connecting|live|reconnecting|ending|ended|elsewhere|refused"
 *   turn                         data-turn="user|assistant|none", data-turn-state="listening|thinking|speaking|idle"
 *   question                     data-number, data-total
 *   time-left                    data-unit="minutes|seconds|over"
 *   captions, caption            each caption with data-item-id, data-role and data-state
 *   captions-toggle, captions-size, saved-mark, muted-speech, help
 *   finished, repeat, wait, mute, type-instead, text-answer, send-text, end, end-confirm, notice, mic-lost
 *   agent-audio                  the audio element of the interviewer's voice
 *   elsewhere, continue-here     another tab has taken the interview over
 *   saved, closing, results-link the closing page; `saved` is there only when the server confirmed it
 *   problem, unreachable         why there is no interview, with data-code where the server gave one
 */
import { useCallback, useEffect, useState } from "react";
import type { InterviewCall } from "../client/call";
import { ConsentGate } from "../components/ConsentGate";
import { ConnectionState } from "../components/Connection";
import { Steps } from "../components/Steps";
import { useInterview } from "../components/useInterview";
import { useMicrophone } from "../components/useMicrophone";
import { texts } from "../i18n";
import { Panel } from "../ui/Panel";
import { Shell } from "../ui/Shell";
import { Unreachable } from "../ui/Unreachable";
import { useRetryingLoad } from "../ui/useRetryingLoad";
import { AboutStep } from "./interview/AboutStep";
import { type Arrival, openByInvite, openSession } from "./interview/arrival";
import { CheckStep } from "./interview/CheckStep";
import { ClosingStep } from "./interview/ClosingStep";
import { LiveStep } from "./interview/LiveStep";
import { Practice, type PracticeOutcome, PracticeStep, practiceCall } from "./interview/PracticeStep";
import { ProblemPage } from "./interview/ProblemPage";
import { AskStep, ReturnStep } from "./interview/ReturnStep";
import { useCaptionSettings } from "./interview/useCaptionSettings";
import { type Journey, type Place, useAgentSound, useJourney, useRetryWhenOnline } from "./interview/useJourney";
import "../components/interview.css";

export type InterviewOrigin = { invite: string } | { sessionId: string };

/** A page of another site around this one: it hears how the interview goes, and this page keeps its address. */
export interface InterviewHost {
  onCall(call: InterviewCall): void;
}

interface PageProps {
  from: InterviewOrigin;
  host?: InterviewHost;
}

export default function VoiceInterviewPageREST({ from, host }: PageProps) {
  const t = texts("candidate");
  const invite = "invite" in from ? from.invite : null;
  const sessionId = "sessionId" in from ? from.sessionId : null;
  const load = useCallback(
    () => (invite !== null ? openByInvite(invite) : openSession(sessionId ?? "", window.location.hash)),
    [invite, sessionId],
  );
  const [loaded, retry] = useRetryingLoad(load);
  switch (loaded.state) {
    case "loading":
      return (
        <Shell title={t("interview")}>
          <p role="status">{texts("shared")("moment")}</p>
        </Shell>
      );
    case "waiting":
      return (
        <Shell title={t("interview")}>
          <Unreachable onRetry={retry} />
        </Shell>
      );
    case "failed":
      return <ProblemPage code={loaded.error.code} status={loaded.error.status} detail={loaded.error.message} />;
    case "ready":
      return loaded.value.ended === null ? (
        <Way arrival={loaded.value} host={host} />
      ) : (
        <ClosingStep about={loaded.value.about} outcome={loaded.value.ended} ticket={loaded.value.ticket} />
      );
  }
}

/** Where a microphone is wanted. */
const HEARS: readonly Place[] = ["check", "practice", "return", "live"];

/** One candidate from the first step to the last, once it is known what the link leads to. */
function Way({ arrival, host }: { arrival: Arrival; host?: InterviewHost }) {
  const sound = useAgentSound();
  const journey = useJourney(arrival, sound.play, host !== undefined);
  const microphone = useMicrophone();
  const [captions, setCaptions] = useCaptionSettings();
  const { place, about, ticket, call, failure } = journey;
  useRetryWhenOnline(call);
  useEffect(() => {
    if (call !== null) host?.onCall(call);
  }, [call, host]);
  const { open, close } = microphone;
  const hears = HEARS.includes(place) && failure === null;
  useEffect(() => {
    if (hears) void open(null);
    else close();
  }, [hears, open, close]);
  const begin = (stream: MediaStream): void => {
    sound.prime();
    journey.begin(stream);
  };
  const shared = { microphone, captions, onCaptions: setCaptions, sound };
  return (
    <>
      <audio ref={sound.element} autoPlay data-testid="agent-audio" />
      {failure !== null ? (
        <ProblemPage code={failure.code} status={failure.status} detail={failure.message} contact={about.contact} />
      ) : call !== null && ticket !== null && place === "live" ? (
        <LiveStep about={about} ticket={ticket} call={call} {...shared} />
      ) : (
        <Before arrival={arrival} journey={journey} onBegin={begin} shared={shared} />
      )}
    </>
  );
}

interface BeforeProps {
  arrival: Arrival;
  journey: Journey;
  onBegin: (stream: MediaStream) => void;
  shared: Pick<Parameters<typeof LiveStep>[0], "microphone" | "captions" | "onCaptions" | "sound">;
}

/** Everything before the interview: each step with its heading and its place in the row. */
function Before({ arrival, journey, onBegin, shared }: BeforeProps) {
  const t = texts("candidate");
  const { place, about, session, ticket } = journey;
  const { microphone, sound } = shared;
  const [practice, setPractice] = useState<InterviewCall | null>(null);
  const [outcome, setOutcome] = useState<PracticeOutcome>(null);
  const over = useCallback((next: PracticeOutcome): void => {
    setOutcome(next);
    setPractice(null);
  }, []);
  useEffect(() => () => practice?.dispose(), [practice]);
  const practise = (): void => {
    if (session === null || microphone.stream === null) return;
    sound.prime();
    const call = practiceCall(session, sound.play);
    setPractice(call);
    call.begin(microphone.stream);
  };
  if (practice !== null && session !== null && place === "practice") {
    return (
      <Shell
        title={t("steps.practice")}
        step="practising"
        wide
        above={<Steps steps={journey.steps} current="practice" />}
        aside={<PracticeConnection call={practice} />}
      >
        <Practice
          session={session}
          call={practice}
          contact={about.contact}
          reference={ticket?.sessionId ?? null}
          onOver={over}
          {...shared}
        />
      </Shell>
    );
  }
  const above = place === "ask" || place === "return" || place === "live" ? null : place;
  return (
    <Shell
      title={headingOf(place, about.title)}
      step={place}
      above={above !== null && <Steps steps={journey.steps} current={above} />}
    >
      {place === "ask" && (
        <AskStep
          title={about.title}
          hasBegun={arrival.returning}
          attemptsLeft={about.attemptsLeft ?? 0}
          working={journey.isWorking}
          onContinue={() => journey.go(arrival.returning ? "return" : about.consent === null ? "check" : "consent")}
          onAnew={() => void journey.anew()}
        />
      )}
      {place === "about" && (
        <AboutStep
          about={about}
          working={journey.isWorking}
          onContinue={() => (about.consent === null ? void journey.agree() : journey.go("consent"))}
        />
      )}
      {place === "consent" && about.consent !== null && (
        <ConsentGate
          consent={about.consent}
          attemptsLeft={ticket === null ? about.attemptsLeft : null}
          working={journey.isWorking}
          onAgree={() => void journey.agree()}
          onBack={() => journey.go("about")}
        />
      )}
      {place === "check" && session !== null && (
        <CheckStep session={session} microphone={microphone} onDone={() => journey.go("practice")} />
      )}
      {place === "practice" && (
        <PracticeStep
          microphone={microphone}
          outcome={outcome}
          onPractise={practise}
          onBegin={onBegin}
          onBack={() => journey.go("check")}
        />
      )}
      {place === "return" && <ReturnStep microphone={microphone} onBegin={onBegin} />}
      {journey.isUnreachable && (
        <Panel tone="warning" testId="unreachable">
          <p>
            <strong>{t("unreachable.title")}</strong> {t("unreachable.text")}
          </p>
        </Panel>
      )}
    </Shell>
  );
}

function headingOf(place: Place, title: string): string {
  const t = texts("candidate");
  switch (place) {
    case "consent":
      return t("consent.title");
    case "check":
      return t("check.title");
    case "practice":
      return t("practice.title");
    case "ask":
      return t("return.askTitle");
    case "return":
      return t("return.title");
    default:
      return title || t("interview");
  }
}

function PracticeConnection({ call }: { call: InterviewCall }) {
  return <ConnectionState state={useInterview(call).state} />;
}
