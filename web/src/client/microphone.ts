/** The microphone: which there are, opening one, and what went wrong in words that the page can act on. */

export type MicrophoneProblem =
  /** The browser gives no microphone to pages on plain HTTP, apart from this machine's own. */
  | "insecure_page"
  /** The browser is too old, or has audio switched off. */
  | "unsupported"
  | "denied"
  | "none"
  /** Another program holds it, or it failed to start. */
  | "busy"
  /** It was there and is gone: unplugged, or the permission was withdrawn. */
  | "taken_away";

export class MicrophoneError extends Error {
  constructor(
    readonly problem: MicrophoneProblem,
    cause?: unknown,
  ) {
    super(`microphone: ${problem}`, { cause });
    this.name = "MicrophoneError";
  }
}

/** Says why this page can hold no interview at all; null where it can. */
export function missingSupport(): MicrophoneProblem | null {
  if (typeof RTCPeerConnection === "undefined") return "unsupported";
  if ((navigator.mediaDevices as MediaDevices | undefined) !== undefined) return null;
  return globalThis.isSecureContext ? "unsupported" : "insecure_page";
}

/** Opens a microphone, the given one or the browser's own choice. */
export async function openMicrophone(deviceId: string | null): Promise<MediaStream> {
  const missing = missingSupport();
  if (missing !== null) throw new MicrophoneError(missing);
  const processing = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  const device = deviceId ? { deviceId: { exact: deviceId } } : {};
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: { ...processing, ...device } });
  } catch (error) {
    throw new MicrophoneError(problemOf(error), error);
  }
}

/** Maps the names of getUserMedia's errors. */
export function problemOf(error: unknown): MicrophoneProblem {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
    case "DevicesNotFoundError":
      return "none";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "unsupported";
  }
}

export interface MicrophoneDevice {
  id: string;
  label: string;
}

/** The microphones there are; their names are known only after one was opened. */
export async function listMicrophones(): Promise<MicrophoneDevice[]> {
  if (!navigator.mediaDevices?.enumerateDevices) return [];
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter((device) => device.kind === "audioinput" && device.deviceId !== "")
    .map((device, index) => ({ id: device.deviceId, label: device.label || `Microphone ${index + 1}` }));
}

/** A silent track for a candidate who types: the connection needs a track, and the microphone stays closed. */
export function silentStream(): MediaStream {
  const context = new AudioContext();
  const stream = context.createMediaStreamDestination().stream;
  stream.getAudioTracks()[0]?.addEventListener("ended", () => void context.close());
  return stream;
}

export function stopStream(stream: MediaStream | null): void {
  stream?.getTracks().forEach((track) => track.stop());
}
