/**
 * A call in a room: a line to the room and a connection to each of the others. The line may be lost while the
 * connections go on. Everything that a page shows is in `snapshot()`.
 */
import { FILE_CHANNEL, Link, type LinkState, type LocalTracks } from "./link";
import { type FileRefusal, Files, type Transfer } from "./files";
import { cleanName } from "./names";
import { type Refusal, Signalling } from "./signalling";
import { type Heard, type Participant, isPageKey, pageKey } from "./wire";

export interface Person {
  /** Stays the same when the person's line is lost and found. */
  key: string;
  name: string;
  connection: LinkState;
  /** Whether the room still has a line to the person. */
  reachable: boolean;
  /** `null`: not said (another kind of client). */
  microphone: boolean | null;
  camera: boolean;
  media: MediaStream | null;
  /** Of a shared screen. */
  screen: MediaStream | null;
}

export interface ChatMessage {
  id: number;
  /** `null`: one's own. */
  person: string | null;
  name: string;
  text: string;
  atMs: number;
}

export interface CallState {
  phase: "joining" | "in" | "over";
  refusal: Refusal | null;
  /** The room cannot be reached now; who is connected stays so. */
  lineLost: boolean;
  people: readonly Person[];
  messages: readonly ChatMessage[];
  transfers: readonly Transfer[];
  sharing: MediaStream | null;
}

export interface CallOptions {
  roomCode: string;
  name: string;
  url: string;
  /** STUN and TURN servers for this room. */
  loadIceServers(): Promise<RTCIceServer[]>;
}

interface Other {
  key: string;
  name: string;
  socketId: string | null;
  /** Where the same page has come in again while the server still holds its lost line. */
  nextSocketId: string | null;
  link: Link;
  says: Says;
}

/** What the other page says of itself. */
interface Says {
  microphone: boolean | null;
  camera: boolean | null;
  /** Id of the stream that is a screen. */
  screen: string | null;
}

const SILENT: Says = { microphone: null, camera: null, screen: null };
const MESSAGES_KEPT = 500;
const CONTROL_CHARS_MAX = 16_000;
/** Others that a page connects with; a room may hold more, a browser cannot. */
const OTHERS_MAX = 15;

export class RoomCall {
  private state: CallState = {
    phase: "joining",
    refusal: null,
    lineLost: false,
    people: [],
    messages: [],
    transfers: [],
    sharing: null,
  };
  private readonly listeners = new Set<() => void>();
  private readonly others = new Map<string, Other>();
  private readonly signalling: Signalling;
  private readonly files: Files;
  private readonly key = pageKey(crypto.getRandomValues(new Uint8Array(12)));
  private readonly streams = { main: new MediaStream(), screen: new MediaStream() };
  private tracks: LocalTracks = { audio: null, video: null, screen: null };
  private saying = { microphone: false, camera: false };
  private socketId = "";
  private iceServers: RTCIceServer[] = [];
  private messageId = 0;

  get name(): string {
    return this.options.name;
  }

  constructor(private readonly options: CallOptions) {
    const { roomCode, name, url } = options;
    this.signalling = new Signalling(
      url,
      { roomCode, name, userId: this.key },
      {
        onJoined: (socketId, others) => this.joined(socketId, others),
        onLost: () => this.set({ lineLost: true }),
        onHeard: (heard) => this.hear(heard),
        onRefused: (refusal) => this.finish(refusal),
      },
    );
    this.files = new Files(
      {
        send: (person, message) => this.others.get(person)?.link.send(message) ?? false,
        channel: (person, id) => this.others.get(person)?.link.fileChannel(id) ?? null,
        changed: (transfers) => this.set({ transfers }),
      },
      () => randomId(),
    );
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): CallState => this.state;

  async join(): Promise<void> {
    this.iceServers = await this.options.loadIceServers().catch(() => []);
    if (this.state.phase !== "over") this.signalling.open();
  }

  /** What is sent from now on, and what the others are told of it. */
  setMedia(audio: MediaStreamTrack | null, video: MediaStreamTrack | null, microphone: boolean): void {
    this.tracks = { ...this.tracks, audio, video };
    this.saying = { microphone, camera: video !== null };
    this.sendTracks();
  }

  /** Shares a screen; its own end (the browser's button) ends the sharing. */
  share(stream: MediaStream): void {
    const track = stream.getVideoTracks()[0];
    if (!track) return;
    this.stopSharing();
    this.tracks = { ...this.tracks, screen: track };
    track.addEventListener("ended", () => {
      if (this.tracks.screen === track) this.stopSharing();
    });
    this.set({ sharing: stream });
    this.sendTracks();
  }

  stopSharing(): void {
    if (this.tracks.screen === null) return;
    this.state.sharing?.getTracks().forEach((track) => track.stop());
    this.tracks = { ...this.tracks, screen: null };
    this.set({ sharing: null });
    this.sendTracks();
  }

  /** False: the room cannot be reached, and nothing was sent. */
  chat(text: string): boolean {
    const said = text.trim();
    if (said === "" || !this.signalling.chat(said)) return false;
    this.addMessage(null, this.options.name, said);
    return true;
  }

  offerFile(file: Blob, name: string): Promise<FileRefusal | null> {
    return this.files.offer(file, name, [...this.others.keys()]);
  }

  answerFile(id: string, accepted: boolean): void {
    this.files.answer(id, accepted);
  }

  cancelFile(id: string): void {
    this.files.cancel(id);
  }

  /** How loud each of the others is, 0 to 1. */
  levels(): Map<string, number> {
    return new Map([...this.others.values()].map(({ key, link }) => [key, link.level()]));
  }

  retryNow(): void {
    this.signalling.retryNow();
  }

  leave(): void {
    for (const { link } of this.others.values()) link.send({ type: "bye" });
    this.signalling.leave();
    this.finish(null);
  }

  private finish(refusal: Refusal | null): void {
    if (this.state.phase === "over") return;
    this.stopSharing();
    for (const other of [...this.others.values()]) this.drop(other);
    this.set({ phase: "over", refusal, lineLost: false });
  }

  private joined(socketId: string, present: Participant[]): void {
    this.socketId = socketId;
    for (const other of this.others.values()) other.socketId = other.nextSocketId = null;
    // Who was here before calls us.
    for (const participant of present) this.meet(participant, true);
    for (const other of [...this.others.values()]) if (other.socketId === null) this.lostLine(other);
    this.set({ phase: "in", lineLost: false });
  }

  private hear(heard: Heard): void {
    switch (heard.type) {
      case "came":
        return this.meet(heard.participant, false);
      case "left":
        return this.gone(heard.participant.socketId);
      case "chat":
        return this.addMessage(heard.sender, this.at(heard.sender)?.name ?? cleanName(heard.name), heard.text);
      case "offer":
      case "answer":
      case "candidate": {
        const other = this.at(heard.sender) ?? this.movedTo(heard.sender, heard.connection);
        if (!other || other.link.hear(heard) !== "renewed") return;
        this.renew(other, true);
        other.link.hear(heard);
      }
    }
  }

  /** Somebody is in the room: a new one, or one whose line came back and whose connection held. */
  private meet({ socketId, name, userId }: Participant, waits: boolean): void {
    // Our own line that was lost, as long as the server has not noticed.
    if (userId === this.key) return;
    const known = isPageKey(userId) ? this.others.get(userId) : undefined;
    if (known && known.socketId === null) return this.reach(known, socketId, waits);
    if (known) {
      known.nextSocketId = socketId;
      return;
    }
    if (this.at(socketId) || this.others.size >= OTHERS_MAX) return;
    const key = isPageKey(userId) ? userId : socketId;
    const link = this.connect(key, socketId, waits);
    this.others.set(key, { key, name: cleanName(name), socketId, nextSocketId: null, link, says: SILENT });
    link.setTracks(this.tracks);
    this.shareUplink();
    this.refresh();
  }

  /** A known page has a line again. */
  private reach(other: Other, socketId: string, waits: boolean): void {
    other.socketId = socketId;
    other.nextSocketId = null;
    if (other.link.state === "connected") other.link.resume();
    else this.renew(other, waits);
    this.refresh();
  }

  /** Whose new line this is: of the page that names its connection with us, which no third one knows. */
  private movedTo(socketId: string, connection: string | null): Other | undefined {
    const other = [...this.others.values()].find(({ nextSocketId }) => nextSocketId === socketId);
    if (!other || !other.link.isWith(connection)) return undefined;
    other.socketId = socketId;
    other.nextSocketId = null;
    return other;
  }

  private gone(socketId: string): void {
    for (const other of this.others.values()) if (other.nextSocketId === socketId) other.nextSocketId = null;
    const other = this.at(socketId);
    if (!other) return;
    if (other.nextSocketId === null) this.lostLine(other);
    else this.reach(other, other.nextSocketId, false);
  }

  /** A new connection to the same person. */
  private renew(other: Other, waits: boolean): void {
    if (other.socketId === null) return;
    other.link.close();
    this.files.gone(other.key);
    other.says = SILENT;
    other.link = this.connect(other.key, other.socketId, waits);
    other.link.setTracks(this.tracks);
    this.refresh();
  }

  private connect(key: string, socketId: string, waits: boolean): Link {
    const link: Link = new Link(
      {
        id: randomId(),
        ownSocketId: this.socketId,
        otherSocketId: socketId,
        iceServers: this.iceServers,
        streams: this.streams,
        waits,
      },
      {
        onStep: (type, fields) => {
          const target = this.others.get(key)?.socketId ?? socketId;
          return this.signalling.step(type, target, fields);
        },
        onState: () => this.follow(key, link),
        onMedia: () => this.refresh(),
        onMessage: (text) => this.hearPage(key, text),
        onChannelOpen: () => this.introduce(link),
        onFileChannel: (channel) => this.files.takeChannel(key, channel, channel.label.slice(FILE_CHANNEL.length)),
        onStuck: () => {
          const other = this.others.get(key);
          if (other) this.renew(other, false);
        },
      },
    );
    return link;
  }

  private follow(key: string, link: Link): void {
    const other = this.others.get(key);
    // Gone from the room, and now from us.
    if (other?.link === link && other.socketId === null && link.state !== "connected") return this.drop(other);
    this.refresh();
  }

  /** The room has no line to this person any more. While the connection holds, so does the conversation. */
  private lostLine(other: Other): void {
    other.socketId = null;
    if (other.link.state !== "connected") this.drop(other);
    else this.refresh();
  }

  private drop(other: Other): void {
    this.others.delete(other.key);
    other.link.close();
    this.files.gone(other.key);
    this.shareUplink();
    this.refresh();
  }

  private hearPage(key: string, text: string): void {
    const other = this.others.get(key);
    if (!other || text.length > CONTROL_CHARS_MAX) return;
    const message = fields(text);
    if (message === null || this.files.hear(key, message)) return;
    if (message.type === "bye") return this.drop(other);
    if (message.type !== "state") return;
    const flag = (value: unknown): boolean | null => (typeof value === "boolean" ? value : null);
    const screen = typeof message.screen === "string" ? message.screen : null;
    other.says = { microphone: flag(message.microphone), camera: flag(message.camera), screen };
    this.refresh();
  }

  private sendTracks(): void {
    for (const { link } of this.others.values()) {
      link.setTracks(this.tracks);
      this.introduce(link);
    }
  }

  private introduce(link: Link): void {
    const screen = this.tracks.screen === null ? null : this.streams.screen.id;
    link.send({ type: "state", ...this.saying, screen });
  }

  private shareUplink(): void {
    for (const { link } of this.others.values()) link.limitPicture(this.others.size);
  }

  private at(socketId: string): Other | undefined {
    return [...this.others.values()].find((other) => other.socketId === socketId);
  }

  private addMessage(person: string | null, name: string, text: string): void {
    this.messageId += 1;
    const message = { id: this.messageId, person, name, text, atMs: Date.now() };
    this.set({ messages: [...this.state.messages, message].slice(-MESSAGES_KEPT) });
  }

  private refresh(): void {
    this.set({ people: [...this.others.values()].map(personOf) });
  }

  private set(change: Partial<CallState>): void {
    this.state = { ...this.state, ...change };
    this.listeners.forEach((listener) => listener());
  }
}

function personOf({ key, name, socketId, link, says }: Other): Person {
  const streams = [...link.streams.values()];
  const media = streams.find(({ id }) => id !== says.screen) ?? null;
  const screen = says.screen === null ? null : (streams.find(({ id }) => id === says.screen) ?? null);
  const pictures = media?.getVideoTracks().some((track) => track.readyState === "live" && !track.muted) ?? false;
  return {
    key,
    name,
    connection: link.state,
    reachable: socketId !== null,
    microphone: says.microphone,
    camera: pictures && says.camera !== false,
    media,
    screen,
  };
}

function fields(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
