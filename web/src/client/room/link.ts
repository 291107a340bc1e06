/** The connection to one other participant: pictures and sound both ways, and channels for states and files. */
import { type Fit, type Negotiation, fit, isPolite, pictureBits, restartMs, takesOffer } from "./negotiation";
import type { Belongs, Heard } from "./wire";
import type { Step } from "./signalling";

/** What we send. `null`: nothing of that kind now. */
export interface LocalTracks {
  audio: MediaStreamTrack | null;
  video: MediaStreamTrack | null;
  screen: MediaStreamTrack | null;
}

export type LinkState = "connecting" | "connected" | "reconnecting";

export interface LinkHandlers {
  /** False where the line to the room is gone. */
  onStep(type: Step, fields: object & Belongs): boolean;
  onState(state: LinkState): void;
  /** A track came, went or changed. */
  onMedia(): void;
  /** A message of the other page's channel. */
  onMessage(text: string): void;
  onChannelOpen(): void;
  /** A channel that the other page opened for a file. */
  onFileChannel(channel: RTCDataChannel): void;
  /** No path was found again and again: only a new connection can help. */
  onStuck(): void;
}

export interface LinkOptions {
  id: string;
  ownSocketId: string;
  otherSocketId: string;
  iceServers: RTCIceServer[];
  streams: { main: MediaStream; screen: MediaStream };
  /** Waits for the other side's offer first: who was in the room before calls the newcomer. */
  waits: boolean;
}

type NegotiationStep = Extract<Heard, { type: "offer" | "answer" | "candidate" }>;

/** A caller that says nothing for so long is not one of ours: then we call. */
const WAIT_FOR_CALL_MS = 3_000;
/** A browser reports short radio gaps as `disconnected` too. */
const LOSS_GRACE_MS = 2_500;
const RESTARTS_MAX = 5;
/** Both pages open it without asking each other, so that it is there from the first description on. */
const CHANNEL = { label: "viva-room", id: 0 } as const;
export const FILE_CHANNEL = "viva-file:";

export class Link {
  readonly connection: RTCPeerConnection;
  readonly id: string;
  /** By id: what the other side sends belongs to streams, one for the person and one for a shared screen. */
  readonly streams = new Map<string, MediaStream>();
  private readonly channel: RTCDataChannel;
  private readonly senders: Partial<Record<keyof LocalTracks, RTCRtpSender>> = {};
  private readonly polite: boolean;
  private otherId: string | null = null;
  private makingOffer = false;
  private takingAnswer = false;
  private ignoring = false;
  private waits: boolean;
  private closed = false;
  private wasConnected = false;
  private restarts = 0;
  /** Steps are taken one after the other: a candidate belongs to the description before it. */
  private last: Promise<void> = Promise.resolve();
  private callTimer: ReturnType<typeof setTimeout> | undefined;
  private pathTimer: ReturnType<typeof setTimeout> | undefined;
  private others = 1;

  constructor(
    private readonly options: LinkOptions,
    private readonly handlers: LinkHandlers,
  ) {
    this.id = options.id;
    this.polite = isPolite(options.ownSocketId, options.otherSocketId);
    this.waits = options.waits;
    this.connection = new RTCPeerConnection({ iceServers: options.iceServers, bundlePolicy: "max-bundle" });
    this.channel = this.connection.createDataChannel(CHANNEL.label, { negotiated: true, id: CHANNEL.id });
    this.listen();
    if (this.waits) this.callTimer = setTimeout(() => this.stopWaiting(), WAIT_FOR_CALL_MS);
  }

  private listen(): void {
    const { connection, channel, handlers } = this;
    const live =
      <E>(act: (event: E) => void) =>
      (event: E) => {
        if (!this.closed) act(event);
      };
    connection.onnegotiationneeded = live(() => void this.offer());
    connection.onicecandidate = live(({ candidate }: RTCPeerConnectionIceEvent) => {
      if (candidate !== null) this.say("ice_candidate", { candidate: candidate.toJSON() });
    });
    connection.onconnectionstatechange = live(() => this.follow());
    connection.ontrack = live((event: RTCTrackEvent) => this.takeTrack(event));
    connection.ondatachannel = live(({ channel: other }: RTCDataChannelEvent) => {
      if (other.label.startsWith(FILE_CHANNEL)) handlers.onFileChannel(other);
      else other.close();
    });
    channel.onopen = live(() => handlers.onChannelOpen());
    channel.onmessage = live(({ data }: MessageEvent<unknown>) => {
      if (typeof data === "string") handlers.onMessage(data);
    });
  }

  private takeTrack({ track, streams }: RTCTrackEvent): void {
    for (const stream of streams) {
      this.streams.set(stream.id, stream);
      stream.onremovetrack = () => this.handlers.onMedia();
    }
    if (streams.length === 0) {
      const own = this.streams.get("") ?? new MediaStream();
      own.addTrack(track);
      this.streams.set("", own);
    }
    track.onmute = track.onunmute = track.onended = () => this.handlers.onMedia();
    this.handlers.onMedia();
  }

  /** Sends these from now on; negotiates only what was never sent before. */
  setTracks(tracks: LocalTracks): void {
    if (this.closed) return;
    const { main, screen } = this.options.streams;
    for (const kind of ["audio", "video", "screen"] as const) {
      const track = tracks[kind];
      const sender = this.senders[kind];
      if (sender) void sender.replaceTrack(track).catch(() => undefined);
      else if (track) this.senders[kind] = this.connection.addTrack(track, kind === "screen" ? screen : main);
    }
    this.limitPicture(this.others);
  }

  /** The way up is shared with so many others. */
  limitPicture(others: number): void {
    this.others = others;
    const sender = this.senders.video;
    const parameters = sender?.getParameters();
    const encoding = parameters?.encodings?.[0];
    if (!sender || !parameters || !encoding) return;
    const bits = pictureBits(others);
    if (encoding.maxBitrate === bits) return;
    encoding.maxBitrate = bits;
    // Between two descriptions browsers refuse; it is set again after the next.
    void sender.setParameters(parameters).catch(() => undefined);
  }

  /** Whether the other end calls its connection so. */
  isWith(connection: string | null): boolean {
    return connection !== null && connection === this.otherId;
  }

  hear(step: NegotiationStep): Fit {
    const fits = fit(step.type, step, { own: this.id, other: this.otherId });
    if (fits !== "same" || this.closed) return fits;
    if (step.connection !== null) this.otherId = step.connection;
    this.last = this.last.then(() => this.take(step)).catch((error: unknown) => this.complain(step.type, error));
    return fits;
  }

  private async take(step: NegotiationStep): Promise<void> {
    if (this.closed) return;
    const { connection } = this;
    if (step.type === "candidate") {
      if (this.ignoring || step.candidate === null) return;
      return connection.addIceCandidate(step.candidate);
    }
    if (step.type === "answer") {
      if (connection.signalingState !== "have-local-offer") return;
      this.takingAnswer = true;
      try {
        await connection.setRemoteDescription({ type: "answer", sdp: step.sdp });
      } finally {
        this.takingAnswer = false;
      }
      return;
    }
    const { polite, makingOffer, takingAnswer } = this;
    const now: Negotiation = { polite, makingOffer, takingAnswer, signalingState: connection.signalingState };
    this.ignoring = !takesOffer(now);
    if (this.ignoring) return;
    await connection.setRemoteDescription({ type: "offer", sdp: step.sdp });
    await connection.setLocalDescription();
    this.say("answer", { sdp: connection.localDescription?.sdp ?? "" });
    clearTimeout(this.callTimer);
    this.waits = false;
  }

  private async offer(): Promise<void> {
    // What is needed is asked for again by the browser once the first description is through.
    if (this.closed || this.waits) return;
    const { connection } = this;
    try {
      this.makingOffer = true;
      await connection.setLocalDescription();
      if (connection.localDescription?.type === "offer") this.say("offer", { sdp: connection.localDescription.sdp });
    } catch (error) {
      this.complain("offer", error);
    } finally {
      this.makingOffer = false;
    }
  }

  private stopWaiting(): void {
    if (this.closed || !this.waits) return;
    this.waits = false;
    void this.offer();
  }

  /** The line is back: what could not be said is said now. */
  resume(): void {
    if (this.closed) return;
    const { connection } = this;
    const description = connection.localDescription;
    if (connection.signalingState === "have-local-offer" && description) this.say("offer", { sdp: description.sdp });
    else if (connection.connectionState !== "connected") this.restart();
  }

  /** Looks for another path for the same connection. */
  private restart(): void {
    if (this.closed || this.waits) return;
    this.connection.restartIce();
  }

  private follow(): void {
    const state = this.connection.connectionState;
    clearTimeout(this.pathTimer);
    if (state === "connected") {
      this.wasConnected = true;
      this.restarts = 0;
      this.limitPicture(this.others);
    } else if (state === "failed") {
      this.tryAnotherPath(restartMs(this.restarts, this.polite));
    } else if (state === "disconnected") {
      this.tryAnotherPath(LOSS_GRACE_MS + restartMs(this.restarts, this.polite));
    }
    this.handlers.onState(this.state);
  }

  private tryAnotherPath(waitMs: number): void {
    this.pathTimer = setTimeout(() => {
      if (this.closed || this.connection.connectionState === "connected") return;
      this.restarts += 1;
      if (this.restarts > RESTARTS_MAX) return this.handlers.onStuck();
      this.restart();
      this.tryAnotherPath(LOSS_GRACE_MS + restartMs(this.restarts, this.polite));
    }, waitMs);
  }

  get state(): LinkState {
    if (this.connection.connectionState === "connected") return "connected";
    return this.wasConnected || this.restarts > 0 ? "reconnecting" : "connecting";
  }

  /** On the channel of the pages; false where it is not open (another kind of client never opens it). */
  send(message: object): boolean {
    if (this.closed || this.channel.readyState !== "open") return false;
    this.channel.send(JSON.stringify(message));
    return true;
  }

  fileChannel(id: string): RTCDataChannel | null {
    if (this.closed || this.channel.readyState !== "open") return null;
    return this.connection.createDataChannel(FILE_CHANNEL + id, { ordered: true });
  }

  /** How loud the other side is now, 0 to 1. */
  level(): number {
    let level = 0;
    for (const receiver of this.closed ? [] : this.connection.getReceivers()) {
      if (receiver.track.kind !== "audio") continue;
      for (const source of receiver.getSynchronizationSources?.() ?? [])
        level = Math.max(level, source.audioLevel ?? 0);
    }
    return level;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.callTimer);
    clearTimeout(this.pathTimer);
    this.connection.close();
  }

  private say(type: Step, fields: object): boolean {
    return this.handlers.onStep(type, { ...fields, connection: this.id, answers: this.otherId });
  }

  /** A step that cannot be taken costs a try; the path's own state tells whether it matters. */
  private complain(type: string, error: unknown): void {
    if (!this.closed) console.warn(`room: ${type} was not taken: ${error instanceof Error ? error.message : "?"}`);
  }
}
