import { type ReactNode, useEffect, useState, useSyncExternalStore } from "react";
import type { InterviewCall } from "../../client/call";
import { stopStream } from "../../client/microphone";
import type { InterviewState } from "../../client/state";
import { Button } from "react-aria-components/Button";
import { Icon } from "../../ui/Icon";
import { Panel } from "../../ui/Panel";
import { Shell } from "../../ui/Shell";
import type { About } from "./arrival";
import { Captions } from "./Captions";
import { ClosingStep } from "./ClosingStep";
import { Controls } from "./Controls";
import { ProblemPage } from "./ProblemPage";
import { TurnPanel } from "./TurnPanel";
import { MicrophoneWatch } from "./MicrophoneWatch";
import { useWakeLock } from "./useWakeLock";

interface LiveStepProps {
  about: About;
  call: InterviewCall;
  stream: MediaStream;
  token: string | null;
  onMicrophone: (stream: MediaStream) => Promise<void>;
  soundBlocked: boolean;
  onAllowSound: () => void;
}

/** The interview itself, until its end. */
export function LiveStep({ about, call, stream, token, onMicrophone, soundBlocked, onAllowSound }: LiveStepProps) {
  const state = useSyncExternalStore(call.subscribe, call.snapshot);
  const [muted, setMuted] = useState(false);
  const over = state.phase.name === "ended" || state.phase.name === "refused";
  useWakeLock(!over);
  useEffect(() => {
    stream.getAudioTracks().forEach((track) => {
      track.enabled = !muted;
    });
  }, [stream, muted]);
  useEffect(() => {
    if (over) stopStream(stream);
  }, [over, stream]);

  if (state.phase.name === "ended") return <ClosingStep about={about} outcome={state.phase} token={token} />;
  if (state.phase.name === "refused") {
    return <ProblemPage code={state.phase.code} status={null} detail={state.phase.detail} />;
  }
  return (
    <Shell title={about.title} step="live" aside={<ConnectionState state={state} />}>
      <ConnectionTrouble state={state} onRetry={() => call.retryNow()} />
      {soundBlocked && (
        <Panel tone="warning">
          <p>Your browser has the sound of this page switched off.</p>
          <Button className="button" onPress={onAllowSound}>
            <Icon name="speaker" /> Turn on the sound
          </Button>
        </Panel>
      )}
      <MicrophoneWatch stream={stream} onMicrophone={onMicrophone} />
      {about.recording === true && (
        <p className="quiet" data-testid="recorded">
          <Icon name="microphone" /> The sound of this interview is recorded.
        </p>
      )}
      <TurnPanel state={state} muted={muted} />
      <Question question={state.question} />
      <Notices state={state} onDismiss={(id) => call.dismissNotice(id)} />
      <Controls call={call} muted={muted} onMute={setMuted} ending={state.phase.name === "ending"} />
      <Captions items={state.captions} />
    </Shell>
  );
}

const CONNECTION_WORDS: Record<InterviewState["phase"]["name"], string> = {
  idle: "Not connected",
  connecting: "Connecting…",
  live: "Connected",
  reconnecting: "Reconnecting…",
  ending: "Saving…",
  ended: "Ended",
  refused: "Not connected",
};

function ConnectionState({ state }: { state: InterviewState }) {
  const weak = state.phase.name === "live" && state.weakConnection;
  return (
    <p
      className={`connection connection-${state.phase.name}`}
      role="status"
      data-testid="connection-state"
      data-state={state.phase.name}
    >
      <Icon name={state.phase.name === "live" ? (weak ? "warning" : "check") : "link"} />{" "}
      {weak ? "Connected, weak line" : CONNECTION_WORDS[state.phase.name]}
    </p>
  );
}

function ConnectionTrouble({ state, onRetry }: { state: InterviewState; onRetry: () => void }) {
  if (state.phase.name !== "reconnecting") return null;
  const texts: Record<typeof state.phase.trouble, ReactNode> = {
    lost: <>The connection was interrupted. It is being restored; please stay on this page.</>,
    unreachable: (
      <>
        The server does not answer. Please check that you are online. This page keeps trying, and what was written
        down so far is kept.
      </>
    ),
    busy: <>The server is busy or being restarted. This page tries again by itself.</>,
    no_media_path: (
      <>
        The server answers, but no sound gets through. A firewall or a VPN may stand in the way: another network, such
        as a phone’s, may help.
      </>
    ),
  };
  return (
    <div className="stack" data-testid="trouble" data-trouble={state.phase.trouble}>
      <Panel tone="warning">
        <p>{texts[state.phase.trouble]}</p>
      </Panel>
      {state.phase.retryInMs !== null && (
        <Button className="button" onPress={onRetry}>
          <Icon name="repeat" /> Try now
        </Button>
      )}
    </div>
  );
}

function Question({ question }: { question: InterviewState["question"] }) {
  return (
    <section
      aria-label="Question"
      className="question"
      data-testid="question"
      data-number={question?.number}
      data-total={question?.total}
    >
      {question === null ? (
        <p className="quiet">The questions follow after the greeting.</p>
      ) : (
        <>
          <p className="quiet">
            Question {question.number} of {question.total}
          </p>
          <p className="question-text">{question.text}</p>
        </>
      )}
    </section>
  );
}

/** The two live regions are always there: a screen reader announces only what is added to a region that it knows. */
function Notices({ state, onDismiss }: { state: InterviewState; onDismiss: (id: number) => void }) {
  return (
    <div className="notices" role="status" aria-live="polite">
      {state.notices.map((notice) => (
        <div key={notice.id} data-testid="notice" data-code={notice.code} data-level={notice.level}>
          <Panel tone={notice.level} announced={notice.level === "error"}>
            <p>{notice.text}</p>
            <Button
              className="button small"
              onPress={() => onDismiss(notice.id)}
              aria-label={`Close the message: ${notice.text}`}
            >
              Close
            </Button>
          </Panel>
        </div>
      ))}
    </div>
  );
}
