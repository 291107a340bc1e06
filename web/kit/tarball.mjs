/** A package as `npm install` reads it, the same bytes on every machine: no times, no owners, nothing compressed. */
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { crc32 } from "node:zlib";

const BLOCK = 512;
/** What npm itself writes, since a time before 1980 troubles other tools. */
const MODIFIED_S = Date.UTC(1985, 9, 26, 8, 15) / 1000;
/** The longest part that deflate can store as it is (RFC 1951, 3.2.4). */
const STORED_MAX = 65_535;

export async function tarball(directory) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"))
    .sort();
  const parts = [];
  for (const name of names) {
    const content = await readFile(path.join(directory, name));
    parts.push(header(`package/${name}`, content.length), content, Buffer.alloc(-content.length & (BLOCK - 1)));
  }
  return stored(Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]));
}

/** One file's header in the ustar form (POSIX.1-1988). */
function header(name, size) {
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is too long a name for a tar header`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value, at, digits) => block.write(`${value.toString(8).padStart(digits, "0")}\0`, at, "ascii");
  block.write(name, 0);
  octal(0o644, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(MODIFIED_S, 136, 11);
  block.write("        0", 148, "ascii");
  block.write("ustar\x0000", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "ascii");
  return block;
}

/** Gzip (RFC 1952) around stored parts: a compressor's bytes differ with its version and the processor. */
function stored(data) {
  const parts = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])];
  for (let at = 0; at < data.length; at += STORED_MAX) {
    const part = data.subarray(at, at + STORED_MAX);
    const head = Buffer.alloc(5);
    head[0] = at + STORED_MAX >= data.length ? 1 : 0;
    head.writeUInt16LE(part.length, 1);
    head.writeUInt16LE(~part.length & 0xffff, 3);
    parts.push(head, part);
  }
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(crc32(data) >>> 0, 0);
  tail.writeUInt32LE(data.length >>> 0, 4);
  return Buffer.concat([...parts, tail]);
}
