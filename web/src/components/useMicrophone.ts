import { useCallback, useEffect, useRef, useState } from "react";
import {
  type MicrophoneDevice,
  MicrophoneError,
  type MicrophoneProblem,
  listMicrophones,
  openMicrophone,
  silentStream,
  stopStream,
} from "../client/microphone";

export interface Microphone {
  /** Open and working; null before, and after it was taken away. */
  stream: MediaStream | null;
  devices: MicrophoneDevice[];
  deviceId: string | null;
  problem: MicrophoneProblem | null;
  /** The candidate types: there is a stream, and nothing is in it. */
  silent: boolean;
  /** Opens one, in place of the one before; null leaves the choice to the browser. */
  open(deviceId: string | null): Promise<MediaStream | null>;
  /** Goes on without one. */
  goSilent(): MediaStream;
  close(): void;
}

interface State {
  stream: MediaStream | null;
  problem: MicrophoneProblem | null;
  silent: boolean;
  deviceId: string | null;
}

const CLOSED: State = { stream: null, problem: null, silent: false, deviceId: null };

/** One microphone at a time; follows plugging and unplugging, and closes it with the page that shows it. */
export function useMicrophone(): Microphone {
  const [state, setState] = useState<State>(CLOSED);
  const [devices, setDevices] = useState<MicrophoneDevice[]>([]);
  const current = useRef<MediaStream | null>(null);
  /** Counts openings: one that was overtaken closes what it got. */
  const opening = useRef(0);

  const take = useCallback((next: State): void => {
    if (current.current !== next.stream) stopStream(current.current);
    current.current = next.stream;
    setState(next);
  }, []);

  const open = useCallback(
    async (deviceId: string | null): Promise<MediaStream | null> => {
      opening.current += 1;
      const own = opening.current;
      try {
        const stream = await openMicrophone(deviceId);
        if (own !== opening.current) {
          stopStream(stream);
          return null;
        }
        // Stopping a track ourselves raises no `ended`: only a loss does.
        stream.getAudioTracks()[0]?.addEventListener("ended", () => {
          if (current.current === stream) setState({ ...CLOSED, problem: "taken_away" });
        });
        const chosen = deviceId ?? stream.getAudioTracks()[0]?.getSettings().deviceId ?? null;
        take({ stream, problem: null, silent: false, deviceId: chosen });
        setDevices(await listMicrophones());
        return stream;
      } catch (error) {
        if (own !== opening.current) return null;
        take({ ...CLOSED, problem: error instanceof MicrophoneError ? error.problem : "unsupported" });
        return null;
      }
    },
    [take],
  );

  const goSilent = useCallback((): MediaStream => {
    opening.current += 1;
    const stream = silentStream();
    take({ ...CLOSED, stream, silent: true });
    return stream;
  }, [take]);

  const close = useCallback((): void => {
    opening.current += 1;
    take(CLOSED);
  }, [take]);

  useEffect(() => close, [close]);
  useEffect(() => {
    // Absent on plain HTTP, whatever the types say.
    const media = navigator.mediaDevices as MediaDevices | undefined;
    const changed = (): void => void listMicrophones().then(setDevices, () => undefined);
    media?.addEventListener?.("devicechange", changed);
    return () => media?.removeEventListener?.("devicechange", changed);
  }, []);

  return { ...state, devices, open, goSilent, close };
}
