/** Small files from page to page: offered, accepted, sent over a channel of their own, compared at the end. */
import { Assembly, CHUNK_BYTES, FILE_BYTES_MAX, parseOffer, sha256 } from "./assembly";
import { cleanFileName } from "./names";

export type TransferState =
  | "offered"
  | "moving"
  /** All of it is there, and both sides have the same. */
  | "whole"
  | "declined"
  | "cancelled"
  /** The connection broke. */
  | "failed"
  /** All of it came, and it is not what was sent. */
  | "damaged";

export interface Transfer {
  id: string;
  direction: "in" | "out";
  /** Key of the other participant. */
  person: string;
  name: string;
  size: number;
  bytes: number;
  state: TransferState;
  /** Of the whole file, in hexadecimal digits. */
  sha256: string;
  /** What came in, once whole. */
  blob: Blob | null;
}

export type FileRefusal = "too_large" | "empty" | "nobody" | "unreadable";

export interface FileWays {
  send(person: string, message: object): boolean;
  channel(person: string, fileId: string): RTCDataChannel | null;
  changed(transfers: readonly Transfer[]): void;
}

interface Job {
  transfer: Transfer;
  file: Blob | null;
  channel: RTCDataChannel | null;
  assembly: Assembly | null;
}

/** How much may wait in a channel before we wait for it. */
const WAITING_BYTES_MAX = 1024 * 1024;
const WAITING_BYTES_LOW = 256 * 1024;
const READ_BYTES = 256 * 1024;
const OFFERS_WAITING_MAX = 10;
const TRANSFERS_KEPT = 60;
const OVER: readonly TransferState[] = ["whole", "declined", "cancelled", "failed", "damaged"];

export class Files {
  private readonly jobs = new Map<string, Job>();

  constructor(
    private readonly ways: FileWays,
    private readonly newId: () => string,
  ) {}

  list(): readonly Transfer[] {
    return [...this.jobs.values()].map(({ transfer }) => transfer);
  }

  /** Offers a file to these people. Why not, or `null` where it was offered to at least one. */
  async offer(file: Blob, fileName: string, people: readonly string[]): Promise<FileRefusal | null> {
    if (file.size > FILE_BYTES_MAX) return "too_large";
    if (file.size === 0) return "empty";
    const hash = await sha256(file).catch(() => null);
    if (hash === null) return "unreadable";
    const name = cleanFileName(fileName);
    let offered = 0;
    for (const person of people) {
      const fileId = this.newId();
      const id = idOf("out", person, fileId);
      const job = this.add({ id, direction: "out", person, name, size: file.size, sha256: hash }, file);
      const message = { type: "file.offer", id: fileId, name, size: file.size, sha256: hash };
      if (this.ways.send(person, message)) offered += 1;
      else this.forget(job);
    }
    return offered > 0 ? null : "nobody";
  }

  answer(id: string, accepted: boolean): void {
    const job = this.jobs.get(id);
    if (job?.transfer.state !== "offered" || job.transfer.direction !== "in") return;
    if (accepted) job.assembly = new Assembly(job.transfer.size);
    const told = this.ways.send(job.transfer.person, { type: "file.answer", id: fileIdOf(id), accepted });
    this.change(job, !told ? "failed" : accepted ? "moving" : "declined");
  }

  cancel(id: string): void {
    const job = this.jobs.get(id);
    if (!job || OVER.includes(job.transfer.state)) return;
    const { direction, person } = job.transfer;
    this.ways.send(person, { type: "file.cancel", id: fileIdOf(id), of: direction });
    this.end(job, "cancelled");
  }

  /** A message of another page; false where it is not about files. */
  hear(person: string, message: Record<string, unknown>): boolean {
    if (typeof message.type !== "string" || !message.type.startsWith("file.")) return false;
    if (message.type === "file.offer") this.takeOffer(person, message);
    const fileId = typeof message.id === "string" ? message.id : "";
    const out = this.jobs.get(idOf("out", person, fileId));
    if (message.type === "file.answer" && out?.transfer.state === "offered") {
      if (message.accepted === true) void this.send(out);
      else this.end(out, "declined");
    }
    if (message.type === "file.done" && out?.transfer.state === "moving") {
      this.end(out, message.sha256 === out.transfer.sha256 ? "whole" : "damaged");
    }
    if (message.type === "file.cancel") {
      const job = this.jobs.get(idOf(message.of === "out" ? "in" : "out", person, fileId));
      if (job && !OVER.includes(job.transfer.state)) this.end(job, "cancelled");
    }
    return true;
  }

  /** The channel on which the other page sends what was accepted. */
  takeChannel(person: string, channel: RTCDataChannel, fileId: string): void {
    const job = this.jobs.get(idOf("in", person, fileId));
    if (job?.transfer.state !== "moving" || job.assembly === null || job.channel !== null) return channel.close();
    job.channel = channel;
    channel.binaryType = "arraybuffer";
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer && job.transfer.state === "moving") void this.take(job, data);
    };
    channel.onclose = () => this.broken(job);
  }

  /** Somebody is gone, and what was under way with them. */
  gone(person: string): void {
    for (const job of this.jobs.values()) {
      if (job.transfer.person === person && !OVER.includes(job.transfer.state)) this.end(job, "failed");
    }
  }

  private takeOffer(person: string, message: Record<string, unknown>): void {
    const offer = parseOffer(message);
    const waiting = this.list().filter((one) => one.person === person && one.state === "offered").length;
    if (offer === null || waiting >= OFFERS_WAITING_MAX || this.jobs.has(idOf("in", person, offer.id))) {
      const id = typeof message.id === "string" ? message.id.slice(0, 40) : "";
      this.ways.send(person, { type: "file.answer", id, accepted: false });
      return;
    }
    const { id, name, size, sha256: hash } = offer;
    const transfer = { person, direction: "in" as const, name: cleanFileName(name), size, sha256: hash };
    this.add({ id: idOf("in", person, id), ...transfer }, null);
  }

  private async send(job: Job): Promise<void> {
    const channel = this.ways.channel(job.transfer.person, fileIdOf(job.transfer.id));
    if (channel === null || job.file === null) return this.end(job, "failed");
    job.channel = channel;
    channel.bufferedAmountLowThreshold = WAITING_BYTES_LOW;
    this.change(job, "moving");
    channel.onclose = () => this.broken(job);
    try {
      await opened(channel);
      for (let from = 0; from < job.file.size && job.transfer.state === "moving"; from += READ_BYTES) {
        const part = await job.file.slice(from, from + READ_BYTES).arrayBuffer();
        for (let at = 0; at < part.byteLength; at += CHUNK_BYTES) {
          if (channel.bufferedAmount > WAITING_BYTES_MAX) await drained(channel);
          channel.send(part.slice(at, at + CHUNK_BYTES));
        }
        this.move(job, from + part.byteLength);
      }
    } catch {
      this.broken(job);
    }
  }

  private async take(job: Job, data: ArrayBuffer): Promise<void> {
    const { assembly, transfer } = job;
    if (assembly === null) return;
    const progress = assembly.add(data);
    if (progress === "too_much") return this.end(job, "damaged");
    // Not each of a thousand pieces is worth a new picture.
    if (progress === "more") {
      if (assembly.bytes - transfer.bytes >= READ_BYTES) this.move(job, assembly.bytes);
      return;
    }
    const blob = assembly.blob();
    const hash = await sha256(blob);
    this.ways.send(transfer.person, { type: "file.done", id: fileIdOf(transfer.id), sha256: hash });
    job.transfer = { ...job.transfer, bytes: assembly.bytes, blob: hash === transfer.sha256 ? blob : null };
    this.end(job, hash === transfer.sha256 ? "whole" : "damaged");
  }

  /** A channel that closes before the end was heard of. */
  private broken(job: Job): void {
    const { state, bytes, size } = job.transfer;
    // The last piece may still be summed up.
    const isSummed = job.transfer.direction === "in" && (job.assembly?.bytes ?? bytes) === size;
    if (state === "moving" && !isSummed) this.end(job, "failed");
  }

  private add(made: Omit<Transfer, "bytes" | "state" | "blob">, file: Blob | null): Job {
    const transfer: Transfer = { ...made, bytes: 0, state: "offered", blob: null };
    const added: Job = { transfer, file, channel: null, assembly: null };
    this.jobs.set(made.id, added);
    for (const [id, job] of this.jobs) {
      if (this.jobs.size <= TRANSFERS_KEPT) break;
      if (OVER.includes(job.transfer.state)) this.jobs.delete(id);
    }
    this.ways.changed(this.list());
    return added;
  }

  private forget(job: Job): void {
    this.jobs.delete(job.transfer.id);
    this.ways.changed(this.list());
  }

  private end(job: Job, state: TransferState): void {
    job.file = null;
    job.assembly = null;
    const channel = job.channel;
    job.channel = null;
    this.change(job, state);
    channel?.close();
  }

  private move(job: Job, bytes: number): void {
    job.transfer = { ...job.transfer, bytes };
    this.ways.changed(this.list());
  }

  private change(job: Job, state: TransferState): void {
    const bytes = state === "whole" ? job.transfer.size : job.transfer.bytes;
    job.transfer = { ...job.transfer, state, bytes };
    this.ways.changed(this.list());
  }
}

function idOf(direction: "in" | "out", person: string, fileId: string): string {
  return `${direction}/${person}/${fileId}`;
}

function fileIdOf(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}

function opened(channel: RTCDataChannel): Promise<void> {
  return settled(channel, "open", () => channel.readyState === "open");
}

function drained(channel: RTCDataChannel): Promise<void> {
  return settled(channel, "bufferedamountlow", () => channel.bufferedAmount <= channel.bufferedAmountLowThreshold);
}

/** Waits for the event, or for the channel's end, which is an error. */
function settled(channel: RTCDataChannel, event: string, isSo: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      if (isSo()) finish(resolve);
    };
    const failed = (): void => finish(() => reject(new Error("the channel is closed")));
    const finish = (report: () => void): void => {
      channel.removeEventListener(event, done);
      channel.removeEventListener("close", failed);
      report();
    };
    channel.addEventListener(event, done);
    channel.addEventListener("close", failed);
    if (channel.readyState === "closing" || channel.readyState === "closed") failed();
    else done();
  });
}
