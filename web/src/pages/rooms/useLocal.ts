import { useEffect, useState, useSyncExternalStore } from "react";
import { watchLevel } from "../../client/level";
import type { LocalMedia, LocalState } from "../../client/room/media";

export function useLocal(media: LocalMedia): LocalState {
  return useSyncExternalStore(media.subscribe, media.snapshot);
}

/** How loud the microphone is, 0 to 100. */
export function useLevel(track: MediaStreamTrack | null): number {
  const [level, setLevel] = useState(0);
  useEffect(() => {
    setLevel(0);
    if (track === null) return;
    return watchLevel(new MediaStream([track]), setLevel);
  }, [track]);
  return level;
}
