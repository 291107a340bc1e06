/** One RTCPeerConnection from its offer to its close: one audio section both ways and the channel `viva-events`. */
import type { CallApi } from "./api";
import { askForResilientOpus, preferRedundantAudio } from "./sdp";
import { USUAL_RATE, holdTo, nextRate, uplinkReport } from "./uplinkRate";

export interface PeerHandlers {
  onMessage(text: string): void;
  onChannel(open: boolean): void;
  onConnection(state: RTCPeerConnectionState): void;
  onAudio(stream: MediaStream): void;
}

/** Offer and answer went through, and yet no audio does. */
export class NoMediaPath extends Error {
  constructor() {
    super("no connection for audio");
    this.name = "NoMediaPath";
  }
}

const CHANNEL_LABEL = "viva-events";

/** Where the browser can, each packet carries a copy of the one before it: a lost one is whole again 20 ms later. */
function preferRedundancy(transceiver: RTCRtpTransceiver): void {
  const codecs = preferRedundantAudio(RTCRtpReceiver.getCapabilities?.("audio")?.codecs ?? []);
  if (codecs === null) return;
  try {
    transceiver.setCodecPreferences(codecs);
  } catch {
    // It keeps its own order, and in-band error correction does what it can.
  }
}

export class Peer {
  private readonly connection: RTCPeerConnection;
  private readonly channel: RTCDataChannel;
  private readonly sender: RTCRtpSender;
  private readonly knownCandidates = new Set<string>();
  /** Local candidates go out one after the other, each after the offer that they belong to. */
  private outgoing: Promise<unknown> = Promise.resolve();
  private closed = false;
  private rate = USUAL_RATE;

  constructor(
    private readonly api: Pick<CallApi, "offer" | "candidate">,
    iceServers: RTCIceServer[],
    stream: MediaStream,
    private readonly handlers: PeerHandlers,
  ) {
    this.connection = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
    // The channel has to be in the first offer, or a second negotiation would be needed for it.
    this.channel = this.connection.createDataChannel(CHANNEL_LABEL, { ordered: true });
    const track = stream.getAudioTracks()[0];
    const transceiver = this.connection.addTransceiver(track ?? "audio", {
      direction: "sendrecv",
      streams: [stream],
    });
    this.sender = transceiver.sender;
    preferRedundancy(transceiver);
    this.listen();
  }

  private listen(): void {
    const live = (run: () => void) => () => {
      if (!this.closed) run();
    };
    this.channel.onopen = live(() => this.handlers.onChannel(true));
    this.channel.onclose = live(() => this.handlers.onChannel(false));
    this.channel.onmessage = (event) => {
      if (!this.closed && typeof event.data === "string") this.handlers.onMessage(event.data);
    };
    this.connection.onconnectionstatechange = live(() => this.handlers.onConnection(this.connection.connectionState));
    this.connection.ontrack = (event) => {
      if (!this.closed) this.handlers.onAudio(event.streams[0] ?? new MediaStream([event.track]));
    };
    this.connection.onicecandidate = (event) => this.sendCandidate(event.candidate);
  }

  /** Offers, and takes the answer; with `restart` on a new path for the same connection. */
  async negotiate(restart = false): Promise<void> {
    const offer = await this.connection.createOffer({ iceRestart: restart });
    const answered = this.exchange(offer.sdp ?? "");
    this.outgoing = answered.catch(() => undefined);
    await answered;
  }

  private async exchange(sdp: string): Promise<void> {
    const local = await this.setLocal(sdp);
    const answer = await this.api.offer(local);
    if (!this.closed) await this.connection.setRemoteDescription({ type: "answer", sdp: answer.sdp });
  }

  /** Sets the offer with our requests in it; a browser that refuses them keeps its own words. */
  private async setLocal(sdp: string): Promise<string> {
    const asked = askForResilientOpus(sdp);
    try {
      await this.connection.setLocalDescription({ type: "offer", sdp: asked });
      return asked;
    } catch {
      await this.connection.setLocalDescription({ type: "offer", sdp });
      return sdp;
    }
  }

  private sendCandidate(candidate: RTCIceCandidate | null): void {
    if (candidate !== null && candidate.candidate === "") return;
    const { candidate: text, sdpMid, sdpMLineIndex } = candidate?.toJSON() ?? {};
    const body = candidate === null ? null : { candidate: text ?? "", sdpMid, sdpMLineIndex };
    this.outgoing = this.outgoing
      .then(() => (this.closed ? [] : this.api.candidate(body)))
      .then((remote) => this.addRemote(remote))
      // Trickled candidates only help; what a lost one costs shows in the connection's own state.
      .catch(() => undefined);
  }

  private async addRemote(candidates: RTCIceCandidateInit[]): Promise<void> {
    const inAnswer = this.connection.remoteDescription?.sdp ?? "";
    for (const candidate of candidates) {
      const line = candidate.candidate ?? "";
      if (this.closed || line === "" || this.knownCandidates.has(line) || inAnswer.includes(line)) continue;
      this.knownCandidates.add(line);
      await this.connection.addIceCandidate(candidate);
    }
  }

  /** Sends on the data channel; false where it is not open. */
  send(message: object): boolean {
    if (this.closed || this.channel.readyState !== "open") return false;
    this.channel.send(JSON.stringify(message));
    return true;
  }

  get state(): RTCPeerConnectionState {
    return this.closed ? "closed" : this.connection.connectionState;
  }

  get channelOpen(): boolean {
    return !this.closed && this.channel.readyState === "open";
  }

  /** Resolves once media can flow; rejects when the connection fails or `limitMs` pass first. */
  whenConnected(limitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        if (this.state === "connected") finish(resolve);
        else if (this.state === "failed" || this.state === "closed") finish(() => reject(new NoMediaPath()));
      };
      const finish = (report: () => void): void => {
        clearTimeout(timer);
        this.connection.removeEventListener("connectionstatechange", settle);
        report();
      };
      const timer = setTimeout(() => finish(() => reject(new NoMediaPath())), limitMs);
      this.connection.addEventListener("connectionstatechange", settle);
      settle();
    });
  }

  async replaceTrack(track: MediaStreamTrack): Promise<void> {
    if (!this.closed) await this.sender.replaceTrack(track);
  }

  /** Sends less where the link carries less, and more again; asked every few seconds. */
  async adapt(): Promise<void> {
    const entries = Array.from((await this.statistics()).values()) as Record<string, unknown>[];
    const report = uplinkReport(entries);
    if (report === null || this.closed) return;
    const next = nextRate(this.rate, report);
    if (next.step === this.rate.step || (await holdTo(this.sender, next.step))) this.rate = next;
  }

  statistics(): Promise<RTCStatsReport> {
    return this.connection.getStats();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.connection.close();
  }
}
