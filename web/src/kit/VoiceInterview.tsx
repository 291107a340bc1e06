import { useCallback, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import { MicrophoneError, openMicrophone, stopStream } from "../client/microphone";
import { Captions } from "../pages/interview/Captions";
import { Controls } from "../pages/interview/Controls";
import { TurnPanel } from "../pages/interview/TurnPanel";
import { Panel } from "../ui/Panel";
import { Viva, type VivaProps } from "./Viva";
import type { Interview } from "./interview";
import { useInterview } from "./useInterview";

export interface VoiceInterviewProps extends Omit<VivaProps, "children"> {
  interview: Interview;
}

/** One interview, from consent and sound to its end. */
export function VoiceInterview({ interview, ...words }: VoiceInterviewProps) {
  return (
    <Viva {...words}>
      <Steps interview={interview} />
    </Viva>
  );
}

function Steps({ interview }: { interview: Interview }) {
  const state = useInterview(interview);
  const [problem, setProblem] = useState<string | null>(null);
  const [muted, setMuted] = useState(false);
  const audio = useRef<HTMLAudioElement>(null);
  const stream = useRef<MediaStream | null>(null);
  useEffect(
    () =>
      interview.on("audio", (voice) => {
        if (audio.current === null) return;
        audio.current.srcObject = voice;
        void audio.current.play().catch(() => undefined);
      }),
    [interview],
  );
  const start = useCallback(async (): Promise<void> => {
    setProblem(null);
    try {
      stream.current = await openMicrophone(null);
      await interview.connect(stream.current);
    } catch (error) {
      stopStream(stream.current);
      setProblem(error instanceof MicrophoneError ? error.problem : String(error));
    }
  }, [interview]);
  return (
    <>
      <audio ref={audio} autoPlay data-testid="agent-audio" />
      {problem !== null && (
        <Panel tone="error">
          <p>{problem}</p>
        </Panel>
      )}
      {state.phase.name === "idle" && (
        <Button className="button primary" onPress={() => void start()} data-testid="start">
          Start the interview
        </Button>
      )}
      {["connecting", "live", "reconnecting", "ending"].includes(state.phase.name) && (
        <>
          <TurnPanel state={state} muted={muted} />
          <Controls
            call={interview.call}
            muted={muted}
            onMute={(next) => {
              setMuted(next);
              interview.mute(next);
            }}
            ending={state.phase.name === "ending"}
          />
          <Captions items={state.captions} />
        </>
      )}
      {state.phase.name === "ended" && <p data-testid="closing">{state.phase.endReason}</p>}
    </>
  );
}
