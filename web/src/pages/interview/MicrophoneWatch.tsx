import { useEffect, useState } from "react";
import { Button } from "react-aria-components/Button";
import { MicrophoneError, type MicrophoneProblem, openMicrophone } from "../../client/microphone";
import { Icon } from "../../ui/Icon";
import { Panel } from "../../ui/Panel";
import { MICROPHONE_HELP } from "./microphoneHelp";

interface MicrophoneWatchProps {
  stream: MediaStream;
  onMicrophone: (stream: MediaStream) => Promise<void>;
}

/** Says when the microphone is taken away in the middle of the interview, and brings in another one. */
export function MicrophoneWatch({ stream, onMicrophone }: MicrophoneWatchProps) {
  const [problem, setProblem] = useState<MicrophoneProblem | null>(null);
  useEffect(() => {
    const track = stream.getAudioTracks()[0];
    const gone = (): void => setProblem("taken_away");
    // Stopping the track ourselves raises no `ended`: only a loss does.
    track?.addEventListener("ended", gone);
    return () => track?.removeEventListener("ended", gone);
  }, [stream]);
  if (problem === null) return null;
  const reopen = async (): Promise<void> => {
    try {
      await onMicrophone(await openMicrophone(null));
      setProblem(null);
    } catch (error) {
      setProblem(error instanceof MicrophoneError ? error.problem : "busy");
    }
  };
  const help = MICROPHONE_HELP[problem];
  return (
    <div className="stack" data-testid="mic-lost" data-problem={problem}>
      <Panel tone="error">
        <p>
          <strong>{help.what}</strong> {help.remedy} Until then you can type your answers.
        </p>
      </Panel>
      <Button className="button" onPress={() => void reopen()}>
        <Icon name="microphone" /> Try the microphone again
      </Button>
    </div>
  );
}
