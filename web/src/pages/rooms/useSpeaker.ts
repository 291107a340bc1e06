import { useEffect, useState } from "react";
import { watchLevel } from "../../client/level";
import type { RoomCall } from "../../client/room/call";
import { type Speaking, speakerOf } from "../../client/room/layout";

const LOOK_EVERY_MS = 250;
/** Key of oneself among the others. */
export const SELF = "self";
/** Our own level is in percent of 60 decibels; the others' is linear. */
const RANGE_DB = 60;

/** Whose tile is highlighted; `null`: nobody speaks. */
export function useSpeaker(call: RoomCall, microphone: MediaStreamTrack | null): string | null {
  const [key, setKey] = useState<string | null>(null);
  useEffect(() => {
    let own = 0;
    let speaking: Speaking = { key: null, untilMs: 0 };
    const toLinear = (percent: number): number => (percent <= 0 ? 0 : 10 ** (((percent / 100 - 1) * RANGE_DB) / 20));
    const stop = microphone && watchLevel(new MediaStream([microphone]), (percent) => (own = toLinear(percent)));
    const timer = setInterval(() => {
      const levels = call.levels().set(SELF, own);
      speaking = speakerOf(levels, speaking, performance.now());
      setKey(speaking.key);
    }, LOOK_EVERY_MS);
    return () => {
      clearInterval(timer);
      stop?.();
    };
  }, [call, microphone]);
  return key;
}
