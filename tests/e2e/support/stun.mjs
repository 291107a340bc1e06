// A small STUN/TURN client over UDP (RFC 8489, RFC 8656): just what it takes to ask a TURN server for things that it
// must refuse. It shares no code with the server or with a browser.

import { createHash, createHmac, randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";

const MAGIC = Buffer.from("2112a442", "hex");
const METHOD = { allocate: 0x0003, refresh: 0x0004, createPermission: 0x0008 };
const ATTRIBUTE = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  lifetime: 0x000d,
  peerAddress: 0x0012,
  realm: 0x0014,
  nonce: 0x0015,
  addressFamily: 0x0017,
  transport: 0x0019,
};
const ANSWER_WITHIN_MS = 5000;

/** TURN REST credentials (draft-uberti-behave-turn-rest-00) for one session. */
export function credentials(secret, id, expiresAtSeconds) {
  const username = `${expiresAtSeconds}:${id}`;
  return { username, password: createHmac("sha1", secret).update(username).digest("base64") };
}

/** The 16 bytes of an IPv6 address, or the 4 of an IPv4 address. `::ffff:127.0.0.1` gives 16. */
export function addressBytes(text) {
  if (!text.includes(":")) return Buffer.from(text.split(".").map(Number));
  const dotted = text.match(/^(.*:)(\d+\.\d+\.\d+\.\d+)$/);
  if (dotted) {
    const [a, b, c, d] = dotted[2].split(".").map(Number);
    text = `${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [head, tail] = text.includes("::") ? text.split("::") : [text, ""];
  const left = head ? head.split(":") : [];
  const right = tail ? tail.split(":") : [];
  const groups = [...left, ...Array(8 - left.length - right.length).fill("0"), ...right];
  return Buffer.from(groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]));
}

function attribute(type, value) {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(type, 0);
  header.writeUInt16BE(value.length, 2);
  return Buffer.concat([header, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

/** XOR-PEER-ADDRESS: xored with the magic cookie and, for IPv6, the transaction (RFC 8489 section 14.2). */
function peerAddress(address, port, transaction) {
  const bytes = addressBytes(address);
  const mask = Buffer.concat([MAGIC, transaction]);
  const head = Buffer.alloc(4);
  head[1] = bytes.length === 4 ? 1 : 2;
  head.writeUInt16BE(port ^ 0x2112, 2);
  return attribute(ATTRIBUTE.peerAddress, Buffer.concat([head, bytes.map((byte, i) => byte ^ mask[i])]));
}

function encode(method, transaction, attributes, key) {
  let body = Buffer.concat(attributes);
  const header = (length) => {
    const head = Buffer.alloc(4);
    head.writeUInt16BE(method, 0);
    head.writeUInt16BE(length, 2);
    return Buffer.concat([head, MAGIC, transaction]);
  };
  if (key) {
    // The length counts the integrity attribute itself (RFC 8489 section 14.5).
    const signed = Buffer.concat([header(body.length + 24), body]);
    const integrity = createHmac("sha1", key).update(signed).digest();
    body = Buffer.concat([body, attribute(ATTRIBUTE.messageIntegrity, integrity)]);
  }
  return Buffer.concat([header(body.length), body]);
}

function decode(message) {
  const answer = { success: (message.readUInt16BE(0) & 0x0110) === 0x0100, code: 0 };
  for (let at = 20; at + 4 <= message.length; ) {
    const type = message.readUInt16BE(at);
    const length = message.readUInt16BE(at + 2);
    const value = message.subarray(at + 4, at + 4 + length);
    if (type === ATTRIBUTE.errorCode) answer.code = value[2] * 100 + value[3];
    if (type === ATTRIBUTE.realm) answer.realm = value.toString();
    if (type === ATTRIBUTE.nonce) answer.nonce = Buffer.from(value);
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return answer;
}

/** One client: one 5-tuple towards the server, so at most one allocation. */
export class TurnClient {
  #socket;
  #server;
  #login;
  #challenge = {};

  constructor(server, login) {
    this.#server = server;
    this.#login = login;
    this.#socket = createSocket(server.host.includes(":") ? "udp6" : "udp4");
  }

  /** 0 when the server granted a relayed address, otherwise its error code. The first 401 is the usual challenge. */
  async allocate(family = "IPv4") {
    const wanted = () => [
      attribute(ATTRIBUTE.transport, Buffer.from([17, 0, 0, 0])),
      attribute(ATTRIBUTE.addressFamily, Buffer.from([family === "IPv4" ? 1 : 2, 0, 0, 0])),
    ];
    const first = await this.#exchange(METHOD.allocate, wanted, false);
    if (first.code !== 401 || !first.nonce) throw new Error(`an unsigned request got ${JSON.stringify(first)}`);
    this.#challenge = first;
    return this.#code(await this.#exchange(METHOD.allocate, wanted, true));
  }

  /** 0 when the server would relay to `address`, otherwise its error code. Nothing is sent to `address`. */
  async permit(address) {
    const answer = await this.#exchange(METHOD.createPermission, (tid) => [peerAddress(address, 9, tid)], true);
    return this.#code(answer);
  }

  /** Gives the allocation back. */
  async release() {
    const none = () => [attribute(ATTRIBUTE.lifetime, Buffer.alloc(4))];
    await this.#exchange(METHOD.refresh, none, true);
  }

  close() {
    this.#socket.close();
  }

  #code(answer) {
    return answer.success ? 0 : answer.code;
  }

  #exchange(method, attributes, signed) {
    const transaction = randomBytes(12);
    const parts = attributes(transaction);
    let key;
    if (signed) {
      const { username, password } = this.#login;
      const { realm, nonce } = this.#challenge;
      key = createHash("md5").update(`${username}:${realm}:${password}`).digest();
      parts.push(
        attribute(ATTRIBUTE.username, Buffer.from(username)),
        attribute(ATTRIBUTE.realm, Buffer.from(realm)),
        attribute(ATTRIBUTE.nonce, nonce),
      );
    }
    const request = encode(method, transaction, parts, key);
    return new Promise((resolve, reject) => {
      const giveUp = setTimeout(() => settle(reject, new Error("the TURN server gave no answer")), ANSWER_WITHIN_MS);
      const heard = (message) => {
        if (message.length >= 20 && message.subarray(8, 20).equals(transaction)) settle(resolve, decode(message));
      };
      const settle = (done, value) => {
        clearTimeout(giveUp);
        this.#socket.off("message", heard);
        done(value);
      };
      this.#socket.on("message", heard);
      this.#socket.send(request, this.#server.port, this.#server.host);
    });
  }
}
