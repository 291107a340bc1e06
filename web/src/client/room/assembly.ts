/** A file while it comes in, piece by piece. */

/** A room is for the papers of a conversation, held in memory until they are saved. */
export const FILE_BYTES_MAX = 20 * 1024 * 1024;
/** What every browser takes as one message of a data channel. */
export const CHUNK_BYTES = 16 * 1024;

export type Progress = "more" | "whole" | "too_much";

export class Assembly {
  private readonly parts: Uint8Array<ArrayBuffer>[] = [];
  private have = 0;

  constructor(readonly size: number) {}

  get bytes(): number {
    return this.have;
  }

  add(part: ArrayBuffer): Progress {
    if (this.have + part.byteLength > this.size) return "too_much";
    this.parts.push(new Uint8Array(part));
    this.have += part.byteLength;
    return this.have === this.size ? "whole" : "more";
  }

  /** Of no type of its own, so that no browser runs or shows it by itself. */
  blob(): Blob {
    return new Blob(this.parts, { type: "application/octet-stream" });
  }
}

/** What is offered: read from the other page's words, so checked. */
export interface FileOffer {
  id: string;
  name: string;
  size: number;
  sha256: string;
}

export function parseOffer(message: Record<string, unknown>): FileOffer | null {
  const { id, name, size, sha256 } = message;
  if (typeof id !== "string" || !/^[a-z0-9]{8,40}$/.test(id)) return null;
  if (typeof name !== "string" || name.length > 1_000) return null;
  if (typeof size !== "number" || !Number.isInteger(size) || size < 1 || size > FILE_BYTES_MAX) return null;
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) return null;
  return { id, name, size, sha256 };
}

export async function sha256(data: Blob): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await data.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
