import { useEffect } from "react";

/** Keeps a phone's screen on while `active`: a screen that goes dark stops the microphone. */
export function useWakeLock(active: boolean): void {
  useEffect(() => {
    // Older browsers lack it; the interview works without.
    const wakeLock = navigator.wakeLock as WakeLock | undefined;
    if (!active || wakeLock === undefined) return;
    let lock: WakeLockSentinel | null = null;
    let current = true;
    const hold = async (): Promise<void> => {
      if (document.visibilityState !== "visible") return;
      try {
        lock = await wakeLock.request("screen");
        if (!current) await lock.release();
      } catch {
        // Refused, for example on low battery.
      }
    };
    const visible = (): void => void hold();
    void hold();
    // The browser lets go of the lock whenever the page is hidden.
    document.addEventListener("visibilitychange", visible);
    return () => {
      current = false;
      document.removeEventListener("visibilitychange", visible);
      void lock?.release().catch(() => undefined);
    };
  }, [active]);
}
