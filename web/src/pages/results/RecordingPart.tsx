/**
 * The recording: both sides as a picture, and the sound on request.
 *
 * Stable `data-testid`s: recording (data-state), waveform, load-sound, sound, download-user, download-assistant.
 */
import { useCallback, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import type { SessionApi } from "../../client/api";
import { type Peaks, type Recording, columnsOf, waveform } from "../../client/outcome";
import { Panel } from "../../ui/Panel";
import { clock } from "../../ui/format";
import { saveAs } from "../../ui/save";

const COLUMNS = 600;
const HEIGHT = 96;
/** 24 kHz, two channels, 16 bit. */
const WAV_BYTES_PER_SECOND = 96_000;

const STATES: Record<Recording["state"], string> = {
  recording: "The interview is being recorded. The recording can be heard when it is over.",
  ready: "Both sides are recorded.",
  partial: "What was recorded is here; something is missing, because the server stopped or could not keep up.",
  failed: "The recording could not be written.",
  deleted: "The recording was deleted.",
};

export function RecordingPart({ recording, api }: { recording: Recording; api: SessionApi }) {
  const playable = recording.state === "ready" || recording.state === "partial";
  return (
    <section aria-labelledby="recording-title" data-testid="recording" data-state={recording.state}>
      <h2 id="recording-title">Recording</h2>
      <p>{STATES[recording.state]}</p>
      {playable && recording.wav_url !== null && <Player recording={recording} api={api} />}
    </section>
  );
}

function Player({ recording, api }: { recording: Recording; api: SessionApi }) {
  const lengthMs = recording.duration_ms ?? 0;
  const audio = useRef<HTMLAudioElement>(null);
  const [sound, setSound] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(false);
  const [playedMs, setPlayedMs] = useState(0);
  useEffect(() => () => (sound === null ? undefined : URL.revokeObjectURL(sound)), [sound]);

  const load = async (): Promise<void> => {
    if (recording.wav_url === null) return;
    setBusy(true);
    setProblem(false);
    try {
      setSound(URL.createObjectURL(await api.file(recording.wav_url)));
    } catch {
      setProblem(true);
    } finally {
      setBusy(false);
    }
  };
  const megabytes = Math.max(1, Math.round((lengthMs / 1000) * (WAV_BYTES_PER_SECOND / 1e6)));
  return (
    <>
      <Waveform recording={recording} api={api} playedMs={sound === null ? null : playedMs} />
      {sound === null ? (
        <Button className="button no-print" isDisabled={busy} onPress={() => void load()} data-testid="load-sound">
          {busy ? "Loading the sound…" : `Load the sound (${clock(lengthMs)}, about ${megabytes} MB)`}
        </Button>
      ) : (
        <audio
          ref={audio}
          className="sound no-print"
          controls
          src={sound}
          aria-label="Recording of the interview: candidate left, interviewer right"
          onTimeUpdate={() => setPlayedMs((audio.current?.currentTime ?? 0) * 1000)}
          data-testid="sound"
        />
      )}
      {problem && (
        <Panel tone="error">
          <p>The sound could not be loaded. Please try again.</p>
        </Panel>
      )}
      <p className="button-row no-print">
        {recording.tracks.map((track) => (
          <Download key={track.side} api={api} url={track.url} side={track.side} />
        ))}
      </p>
    </>
  );
}

function Download({ api, url, side }: { api: SessionApi; url: string; side: string }) {
  const [problem, setProblem] = useState(false);
  const who = side === "user" ? "candidate" : "interviewer";
  const save = async (): Promise<void> => {
    setProblem(false);
    try {
      saveAs(await api.file(url), `${who}.ogg`);
    } catch {
      setProblem(true);
    }
  };
  return (
    <Button className="button small" onPress={() => void save()} data-testid={`download-${side}`}>
      {problem ? `The ${who}'s side could not be loaded. Again?` : `Save the ${who}'s side (Ogg Opus)`}
    </Button>
  );
}

interface WaveformProps {
  recording: Recording;
  api: SessionApi;
  playedMs: number | null;
}

function Waveform({ recording, api, playedMs }: WaveformProps) {
  const [shape, setShape] = useState<{ above: string; below: string } | null>(null);
  const url = recording.peaks_url;
  const load = useCallback(async () => {
    if (url === null) return null;
    const peaks = await api.json<Peaks>(url);
    return waveform(columnsOf(peaks, 0, COLUMNS), columnsOf(peaks, 1, COLUMNS), HEIGHT);
  }, [api, url]);
  useEffect(() => {
    let current = true;
    // Without the picture there is still the sound.
    load().then(
      (loaded) => current && setShape(loaded),
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [load]);
  if (shape === null) return null;
  const lengthMs = recording.duration_ms ?? 0;
  const at = playedMs === null || lengthMs === 0 ? null : (playedMs / lengthMs) * COLUMNS;
  return (
    <figure className="waveform" data-testid="waveform">
      <svg viewBox={`0 0 ${COLUMNS} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label="Who spoke when">
        <path className="wave-user" d={shape.above} />
        <path className="wave-assistant" d={shape.below} />
        <path className="wave-middle" d={`M0 ${HEIGHT / 2}H${COLUMNS}`} />
        {at !== null && <path className="wave-now" d={`M${at.toFixed(1)} 0V${HEIGHT}`} />}
      </svg>
      <figcaption>
        <span>Above: candidate</span>
        <span>Below: interviewer</span>
        <span>{clock(lengthMs)}</span>
      </figcaption>
    </figure>
  );
}
