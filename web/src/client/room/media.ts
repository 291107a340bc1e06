/** Camera and microphone of this page, from the lobby to the end of the call. Each can be missing without the other. */
import { type MicrophoneProblem, missingSupport, problemOf } from "../microphone";

export type DeviceKind = "microphone" | "camera";
export type DeviceProblem = MicrophoneProblem;

export interface Device {
  /** Wanted by the person; without a problem it is also so. */
  on: boolean;
  track: MediaStreamTrack | null;
  problem: DeviceProblem | null;
  deviceId: string | null;
}

export interface Listed {
  id: string;
  label: string;
}

export interface LocalState {
  microphone: Device;
  camera: Device;
  microphones: readonly Listed[];
  cameras: readonly Listed[];
  speakers: readonly Listed[];
  /** The browser's question is on the screen. */
  asking: boolean;
}

export interface Choices {
  microphone: string | null;
  camera: string | null;
}

const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 24, max: 30 } };

function constraints(kind: DeviceKind, deviceId: string | null): MediaTrackConstraints {
  const device = deviceId === null ? {} : { deviceId: { exact: deviceId } };
  return kind === "microphone" ? { ...SOUND, ...device } : { ...PICTURE, ...device };
}

export class LocalMedia {
  private state: LocalState;
  private readonly listeners = new Set<() => void>();
  private closed = false;
  /** Counts what was asked of each device; what comes too late is let go. */
  private readonly asked = { microphone: 0, camera: 0 };

  constructor(choices: Choices) {
    const device = (deviceId: string | null): Device => ({ on: true, track: null, problem: null, deviceId });
    this.state = {
      microphone: device(choices.microphone),
      camera: device(choices.camera),
      microphones: [],
      cameras: [],
      speakers: [],
      asking: false,
    };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): LocalState => this.state;

  /** Opens what is wanted with one question to the person; where that fails, each by itself. */
  async open(wanted: Record<DeviceKind, boolean>): Promise<void> {
    this.closed = false;
    const missing = missingSupport();
    if (missing !== null) {
      this.put("microphone", this.without("microphone", missing));
      this.put("camera", this.without("camera", missing));
      return;
    }
    navigator.mediaDevices.addEventListener?.("devicechange", this.relist);
    const kinds = (["microphone", "camera"] as const).filter((kind) => wanted[kind]);
    for (const kind of ["microphone", "camera"] as const) this.put(kind, { ...this.state[kind], on: wanted[kind] });
    this.set({ ...this.state, asking: kinds.length > 0 });
    if (kinds.length < 2 || !(await this.openBoth())) for (const kind of kinds) await this.turnOn(kind);
    this.set({ ...this.state, asking: false });
    await this.relist();
  }

  private async openBoth(): Promise<boolean> {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: constraints("microphone", this.state.microphone.deviceId),
        video: constraints("camera", this.state.camera.deviceId),
      });
      this.take("microphone", stream.getAudioTracks()[0] ?? null);
      this.take("camera", stream.getVideoTracks()[0] ?? null);
      return true;
    } catch {
      return false;
    }
  }

  /** A microphone that is off stays open, so that it is on again at once; a camera that is off is dark. */
  async turn(kind: DeviceKind, on: boolean): Promise<void> {
    const device = this.state[kind];
    if (on && (device.track === null || device.track.readyState === "ended")) return this.turnOn(kind);
    if (!on && kind === "camera") {
      this.asked.camera += 1;
      device.track?.stop();
      return this.put(kind, { ...device, on: false, track: null, problem: null });
    }
    if (device.track) device.track.enabled = on;
    this.put(kind, { ...device, on });
  }

  async choose(kind: DeviceKind, deviceId: string): Promise<void> {
    const device = this.state[kind];
    device.track?.stop();
    this.put(kind, { ...device, deviceId, track: null });
    if (device.on || device.problem !== null) await this.turnOn(kind);
    // One that is muted stays so with the next microphone.
    else if (kind === "microphone") {
      await this.turnOn(kind);
      await this.turn(kind, false);
    }
  }

  close(): void {
    this.closed = true;
    (navigator.mediaDevices as MediaDevices | undefined)?.removeEventListener?.("devicechange", this.relist);
    this.state.microphone.track?.stop();
    this.state.camera.track?.stop();
  }

  private async turnOn(kind: DeviceKind): Promise<void> {
    this.asked[kind] += 1;
    const turn = this.asked[kind];
    const wanted = constraints(kind, this.state[kind].deviceId);
    try {
      const stream = await navigator.mediaDevices.getUserMedia(
        kind === "microphone" ? { audio: wanted } : { video: wanted },
      );
      const track = stream.getTracks()[0] ?? null;
      if (turn !== this.asked[kind]) return track?.stop();
      this.take(kind, track);
      await this.relist();
    } catch (error) {
      if (turn !== this.asked[kind]) return;
      const isChosen = this.state[kind].deviceId !== null;
      if (isChosen && error instanceof Error && error.name === "OverconstrainedError") {
        // The one of last time is not plugged in today.
        this.put(kind, { ...this.state[kind], deviceId: null });
        return this.turnOn(kind);
      }
      this.put(kind, this.without(kind, problemOf(error)));
    }
  }

  private take(kind: DeviceKind, track: MediaStreamTrack | null): void {
    if (this.closed) return track?.stop();
    if (track === null) return this.put(kind, this.without(kind, "none"));
    const before = this.state[kind].track;
    if (before !== track) before?.stop();
    track.addEventListener("ended", () => {
      if (this.state[kind].track === track) this.put(kind, this.without(kind, "taken_away"));
    });
    const deviceId = track.getSettings().deviceId ?? this.state[kind].deviceId;
    this.put(kind, { on: true, track, problem: null, deviceId });
  }

  private without(kind: DeviceKind, problem: DeviceProblem): Device {
    return { ...this.state[kind], on: false, track: null, problem };
  }

  private put(kind: DeviceKind, device: Device): void {
    this.set({ ...this.state, [kind]: device });
  }

  private set(state: LocalState): void {
    this.state = state;
    if (!this.closed) this.listeners.forEach((listener) => listener());
  }

  private readonly relist = async (): Promise<void> => {
    const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    const of = (kind: MediaDeviceKind): Listed[] =>
      devices
        .filter((device) => device.kind === kind && device.deviceId !== "")
        .map(({ deviceId, label }) => ({ id: deviceId, label }));
    this.set({
      ...this.state,
      microphones: of("audioinput"),
      cameras: of("videoinput"),
      speakers: of("audiooutput"),
    });
  };
}
