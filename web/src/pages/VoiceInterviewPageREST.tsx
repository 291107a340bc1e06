/**
 * The candidate's page, for `/i/{code}` (an invitation) and `/interview/{session_id}#token=…`.
 *
 * It needs the REST endpoints of one session and the data channel `viva-events`, nothing else. Steps: what this is and
 * consent, microphone, interview, closing. The protocol is in `src/client`; here is only what is shown.
 *
 * For tests and scripts, these `data-testid`s are kept stable:
 *   consent, continue            the checkbox of the first step, and its button
 *   mic-problem, mic-select, mic-level, mic-heard, no-mic, start      the microphone step
 *   recorded                     there while an interview is held whose sound is recorded
 *   connection-state             data-state="idle|connecting|live|reconnecting|ending|ended|refused"
 *   turn                         data-turn="user|assistant|none", data-turn-state="listening|thinking|speaking|idle"
 *   question                     data-number, data-total
 *   captions, caption            each caption with data-item-id, data-role and data-state
 *   finished, repeat, wait, mute, type-instead, text-answer, send-text, end, end-confirm, notice, mic-lost
 *   agent-audio                  the audio element of the interviewer's voice
 *   saved, closing, results-link the closing page; `saved` is there only when the server confirmed it
 *   problem, unreachable         why there is no interview, with data-code where the server gave one
 */
import { useCallback, useEffect, useRef, useState } from "react";
import { SessionApi } from "../client/api";
import { InterviewCall } from "../client/call";
import { ApiError } from "../client/http";
import { stopStream } from "../client/microphone";
import { interviewAddress } from "../client/route";
import { Panel } from "../ui/Panel";
import { Shell } from "../ui/Shell";
import { Unreachable } from "../ui/Unreachable";
import { useRetryingLoad } from "../ui/useRetryingLoad";
import { type Arrival, type Ticket, openByInvite, openSession, startByInvite } from "./interview/arrival";
import { ClosingStep } from "./interview/ClosingStep";
import { LiveStep } from "./interview/LiveStep";
import { MicrophoneStep } from "./interview/MicrophoneStep";
import { ProblemPage } from "./interview/ProblemPage";
import { WelcomeStep } from "./interview/WelcomeStep";

export type InterviewOrigin = { invite: string } | { sessionId: string };

/** A page of another site around this one: it hears how the interview goes, and this page keeps its address. */
export interface InterviewHost {
  onCall(call: InterviewCall): void;
}

export default function VoiceInterviewPageREST({ from, host }: { from: InterviewOrigin; host?: InterviewHost }) {
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
        <Shell title="Interview">
          <p role="status">One moment…</p>
        </Shell>
      );
    case "waiting":
      return (
        <Shell title="Interview">
          <Unreachable onRetry={retry} />
        </Shell>
      );
    case "failed":
      return <ProblemPage code={loaded.error.code} status={loaded.error.status} detail={loaded.error.message} />;
    case "ready":
      return <Interview arrival={loaded.value} host={host} />;
  }
}

type Step = "welcome" | "microphone" | "live";

/** One candidate from the first step to the last, once it is known what the link leads to. */
function Interview({ arrival, host }: { arrival: Arrival; host?: InterviewHost }) {
  const [step, setStep] = useState<Step>(arrival.returning ? "microphone" : "welcome");
  const [stream, setStream] = useState<MediaStream | null>(null);
  const [call, setCall] = useState<InterviewCall | null>(null);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [unreachable, setUnreachable] = useState(false);
  const [starting, setStarting] = useState(false);
  const ticket = useRef<Ticket | null>(arrival.ticket);
  const audio = useRef<HTMLAudioElement>(null);
  const [soundBlocked, setSoundBlocked] = useState(false);

  const playAgent = useCallback((remote: MediaStream) => {
    const element = audio.current;
    if (element === null) return;
    element.srcObject = remote;
    element.play().then(
      () => setSoundBlocked(false),
      (error: unknown) => setSoundBlocked(error instanceof DOMException && error.name === "NotAllowedError"),
    );
  }, []);

  /** Runs in the click on Start: browsers let a page make sound only after one. */
  const start = async (microphone: MediaStream): Promise<void> => {
    if (starting) return;
    setStarting(true);
    setUnreachable(false);
    if (audio.current !== null) {
      audio.current.srcObject = new MediaStream();
      void audio.current.play().catch(() => undefined);
    }
    try {
      ticket.current ??= await startByInvite(arrival);
      const { sessionId, token, iceServers } = ticket.current;
      const api = new SessionApi(sessionId, { bearer: token });
      if (arrival.about.consent !== null) await api.consent(arrival.about.consent.version);
      // From here on a reload, or the address in another tab, leads back to this session.
      if (host === undefined) window.history.replaceState(null, "", interviewAddress(sessionId, token));
      const next = new InterviewCall(api, iceServers, playAgent);
      host?.onCall(next);
      setStream(microphone);
      setCall(next);
      setStep("live");
      next.begin(microphone);
    } catch (error) {
      if (error instanceof ApiError && error.status < 500 && error.status !== 429) {
        stopStream(microphone);
        setFailure(error);
      } else setUnreachable(true);
    } finally {
      setStarting(false);
    }
  };

  const changeMicrophone = async (next: MediaStream): Promise<void> => {
    stopStream(stream);
    setStream(next);
    await call?.replaceMicrophone(next);
  };

  useEffect(() => {
    if (call === null) return;
    const online = (): void => call.retryNow();
    window.addEventListener("online", online);
    return () => window.removeEventListener("online", online);
  }, [call]);

  return (
    <>
      <audio ref={audio} autoPlay data-testid="agent-audio" />
      {failure !== null ? (
        <ProblemPage code={failure.code} status={failure.status} detail={failure.message} />
      ) : arrival.ended !== null ? (
        <ClosingStep about={arrival.about} outcome={arrival.ended} token={arrival.ticket?.token ?? null} />
      ) : call !== null && stream !== null && step === "live" ? (
        <LiveStep
          about={arrival.about}
          call={call}
          stream={stream}
          token={ticket.current?.token ?? null}
          onMicrophone={changeMicrophone}
          soundBlocked={soundBlocked}
          onAllowSound={() =>
            audio.current?.play().then(
              () => setSoundBlocked(false),
              () => undefined,
            )
          }
        />
      ) : step === "welcome" ? (
        <WelcomeStep about={arrival.about} onAgree={() => setStep("microphone")} />
      ) : (
        <MicrophoneStep
          returning={arrival.returning}
          starting={starting}
          onStart={(microphone) => void start(microphone)}
        >
          {unreachable && (
            <Panel tone="warning" testId="unreachable">
              <p>
                <strong>The server does not answer at the moment.</strong> Please check that you are online, and press
                the button again.
              </p>
            </Panel>
          )}
        </MicrophoneStep>
      )}
    </>
  );
}
