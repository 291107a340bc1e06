/** The messages of a room's signalling at `/ws`: `{type, payload}`, people named by socket id. */

/** Somebody who is connected to the room. */
export interface Participant {
  socketId: string;
  name: string;
  /** What the participant says to be; pages of ours say a key of their own, see {@link isPageKey}. */
  userId: string | null;
}

/** Beside a description or a candidate: which connection it belongs to. The server passes it on as it is. */
export interface Belongs {
  /** The sender's connection. */
  connection: string | null;
  /** The connection of the receiver that is answered, where the sender knows it. */
  answers: string | null;
}

export type Heard =
  | { type: "connected"; socketId: string }
  | { type: "joined"; socketId: string; others: Participant[] }
  | { type: "came"; participant: Participant }
  | { type: "left"; participant: Participant }
  | ({ type: "offer" | "answer"; sender: string; sdp: string } & Belongs)
  | ({ type: "candidate"; sender: string; candidate: RTCIceCandidateInit | null } & Belongs)
  | { type: "chat"; sender: string; name: string; text: string }
  | { type: "alive" }
  | { type: "error"; code: string; message: string };

/** A message of the server is far smaller; what is larger is not looked at. */
const MESSAGE_CHARS_MAX = 256 * 1024;
const PAGE_KEY = /^page_[a-z0-9]{16,40}$/;

/** A key that a page of ours made for itself, so that it is known again when its socket comes back. */
export function isPageKey(userId: string | null): userId is string {
  return userId !== null && PAGE_KEY.test(userId);
}

export function pageKey(random: Uint8Array): string {
  return `page_${Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** One message of the server; `null` for what this page does not know or cannot read. */
export function parse(text: string): Heard | null {
  if (text.length > MESSAGE_CHARS_MAX) return null;
  const message = object(json(text));
  const payload = object(message?.payload) ?? {};
  switch (message?.type) {
    case "connected": {
      const socketId = word(payload.socket_id);
      return socketId === null ? null : { type: "connected", socketId };
    }
    case "room_joined": {
      const socketId = word(payload.socket_id);
      if (socketId === null || !Array.isArray(payload.participants)) return null;
      const others = payload.participants.map(participant).filter((one) => one !== null);
      return { type: "joined", socketId, others };
    }
    case "participant_joined":
    case "participant_left": {
      const one = participant(payload);
      return one && { type: message.type === "participant_left" ? "left" : "came", participant: one };
    }
    case "offer":
    case "answer": {
      const sender = word(payload.sender);
      const sdp = sdpOf(payload.sdp);
      return sender === null || sdp === null ? null : { type: message.type, sender, sdp, ...belongs(payload) };
    }
    case "ice_candidate": {
      const sender = word(payload.sender);
      return sender === null ? null : { type: "candidate", sender, ...candidateOf(payload), ...belongs(payload) };
    }
    case "chat": {
      const sender = word(payload.sender);
      const said = word(payload.text);
      if (sender === null || said === null) return null;
      return { type: "chat", sender, name: word(payload.display_name) ?? "", text: said };
    }
    case "heartbeat_response":
      return { type: "alive" };
    case "error":
      return { type: "error", code: word(payload.code) ?? "internal", message: word(payload.message) ?? "" };
    default:
      return null;
  }
}

function participant(value: unknown): Participant | null {
  const fields = object(value);
  const socketId = word(fields?.socket_id);
  if (socketId === null) return null;
  return { socketId, name: word(fields?.display_name) ?? "", userId: word(fields?.user_id) };
}

/** Other clients put the whole description there. */
function sdpOf(value: unknown): string | null {
  return word(value) ?? word(object(value)?.sdp);
}

function candidateOf({ candidate }: Record<string, unknown>): { candidate: RTCIceCandidateInit | null } {
  if (typeof candidate === "string") return { candidate: { candidate, sdpMid: "0" } };
  const fields = object(candidate);
  if (fields === null) return { candidate: null };
  const { candidate: line, sdpMid, sdpMLineIndex, usernameFragment } = fields as RTCIceCandidateInit;
  return { candidate: { candidate: line ?? "", sdpMid, sdpMLineIndex, usernameFragment } };
}

function belongs({ connection, answers }: Record<string, unknown>): Belongs {
  return { connection: word(connection), answers: word(answers) };
}

function word(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function object(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
