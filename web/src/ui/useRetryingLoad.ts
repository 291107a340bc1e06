import { useCallback, useEffect, useState } from "react";
import { backoffMs } from "../client/backoff";
import { ApiError, UnreachableError } from "../client/http";

export type Load<T> =
  | { state: "loading" }
  /** The server did not answer, or is busy; another attempt follows after `waitMs`. */
  | { state: "waiting"; waitMs: number }
  | { state: "failed"; error: ApiError }
  | { state: "ready"; value: T };

/** Loads once, and again as long as only the line or the server's load stood in the way. `load` must be stable. */
export function useRetryingLoad<T>(load: () => Promise<T>): [Load<T>, () => void] {
  const [result, setResult] = useState<Load<T>>({ state: "loading" });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let current = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const attempt = async (count: number): Promise<void> => {
      try {
        const value = await load();
        if (current) setResult({ state: "ready", value });
      } catch (error) {
        if (!current) return;
        const asked = error instanceof ApiError ? error.retryAfterMs : null;
        if (error instanceof ApiError && error.status < 500 && error.status !== 429) {
          setResult({ state: "failed", error });
          return;
        }
        if (!(error instanceof ApiError) && !(error instanceof UnreachableError)) throw error;
        const waitMs = backoffMs(count, Math.random(), asked);
        setResult({ state: "waiting", waitMs });
        timer = setTimeout(() => void attempt(count + 1), waitMs);
      }
    };
    void attempt(0);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [load, round]);
  const again = useCallback(() => setRound((count) => count + 1), []);
  return [result, again];
}
