import { useEffect, useState } from "react";
import { loudnessOf } from "../client/checkup";
import { watchLevel } from "../client/level";
import { stopStream } from "../client/microphone";
import { texts } from "../i18n";
import { Panel } from "../ui/Panel";

/** Speech this long (three readings of the meter) is no cough. */
const READINGS_OF_SPEECH = 3;

/** Says so when somebody speaks while muted. Only this page listens: the muted track itself carries silence. */
export function MutedWatch({ stream, muted }: { stream: MediaStream; muted: boolean }) {
  const t = texts("candidate");
  const [speaks, setSpeaks] = useState(false);
  useEffect(() => {
    setSpeaks(false);
    if (!muted || stream.getAudioTracks().length === 0) return;
    // A copy of the track is not muted with it.
    const copy = new MediaStream(stream.getAudioTracks().map((track) => track.clone()));
    copy.getAudioTracks().forEach((track) => (track.enabled = true));
    let readings = 0;
    const stop = watchLevel(copy, (level) => {
      const loudness = loudnessOf(level);
      readings = loudness === "good" || loudness === "loud" ? readings + 1 : 0;
      if (readings >= READINGS_OF_SPEECH) setSpeaks(true);
    });
    return () => {
      stop();
      stopStream(copy);
    };
  }, [stream, muted]);
  return (
    <div role="status">
      {muted && speaks && (
        <Panel tone="warning" announced={false} testId="muted-speech">
          <p>
            <strong>{t("controls.mutedSpeech")}</strong>
          </p>
        </Panel>
      )}
    </div>
  );
}
