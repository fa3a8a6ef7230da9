/**
 * A file of compiled code, as V8 gives it away and takes it back. V8 looks at its version, its flags and the length of the source, and at
 * nothing else: with one bit wrong it ends the process, and with another source of the same length it runs the old one. So the file has
 * checksums of all it holds and of each source. It is code: only files that nobody else can have written are read.
 *
 * Format: u32 CRC-32 of all that follows; u32 length of a JSON list of { name, source, at, length }; the list; the code of each at `at`,
 * a multiple of 8, as V8 wants it. Numbers little-endian; `source` is the CRC-32 of the source's bytes.
 */
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";

export interface CompiledCode {
  /** CRC-32 of the source's bytes. */
  readonly source: number;
  readonly code: Buffer;
}

interface Entry {
  readonly name: string;
  readonly source: number;
  readonly at: number;
  readonly length: number;
}

const HEAD = 8;
const ALIGN = 8;
/** All chunks of the command make two MiB. */
const MAX_BYTES = 32 << 20;
/** For the commands of two or three versions: each file has a MiB and a half. */
const MAX_FILES = 16;

const aligned = (at: number): number => Math.ceil(at / ALIGN) * ALIGN;

/** By chunk; undefined when there is no file, or none that can be trusted. */
export function readCode(path: string): ReadonlyMap<string, CompiledCode> | undefined {
  try {
    if (!isOurs(dirname(path))) return undefined;
    const bytes = readOwn(path);
    if (bytes === undefined || crc32(bytes.subarray(4)) !== bytes.readUInt32LE(0)) return undefined;
    const list: readonly Entry[] = JSON.parse(bytes.toString("latin1", HEAD, HEAD + bytes.readUInt32LE(4)));
    return new Map(
      list.map(({ name, source, at, length }) => [name, { source, code: bytes.subarray(at, at + length) }]),
    );
  } catch {
    return undefined;
  }
}

/** Written aside and renamed, so that nobody reads a half. Whatever prevents it (no room, no right) is no concern of the user's. */
export function writeCode(path: string, chunks: ReadonlyMap<string, CompiledCode>): void {
  const folder = dirname(path);
  const aside = `${path}.${process.pid}`;
  const isWritten = succeeds(() => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!isOurs(folder)) return;
    writeFileSync(aside, packed(chunks), { flag: "wx", mode: 0o600 });
    renameSync(aside, path);
  });
  succeeds(isWritten ? () => forgetOld(folder) : () => rmSync(aside, { force: true }));
}

function succeeds(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

function packed(chunks: ReadonlyMap<string, CompiledCode>): Buffer {
  const list = (start: number): { entries: Entry[]; end: number } => {
    let end = start;
    const entries = Array.from(chunks, ([name, { source, code }]) => {
      const at = aligned(end);
      end = at + code.length;
      return { name, source, at, length: code.length };
    });
    return { entries, end };
  };
  // The list's own length depends on the offsets in it: they are spaced as if they were the longest.
  const room = JSON.stringify(list(MAX_BYTES).entries).length;
  const { entries, end } = list(HEAD + room);
  const bytes = Buffer.alloc(end);
  bytes.writeUInt32LE(room, 4);
  bytes.write(JSON.stringify(entries).padEnd(room), HEAD, "latin1");
  for (const { name, at } of entries) chunks.get(name)?.code.copy(bytes, at);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
  return bytes;
}

/** A folder or file that is the user's and that no one else may write. Windows has no such bits; there it lies in the user's profile. */
function isOurs(path: string | number): boolean {
  const { uid, mode } = typeof path === "number" ? fstatSync(path) : statSync(path);
  return process.geteuid === undefined || (uid === process.geteuid() && (mode & 0o022) === 0);
}

function readOwn(path: string): Buffer | undefined {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    if (!isOurs(file) || size < HEAD || size > MAX_BYTES) return undefined;
    const bytes = Buffer.allocUnsafeSlow(size);
    return readSync(file, bytes, 0, size, 0) === size ? bytes : undefined;
  } finally {
    closeSync(file);
  }
}

/** Of versions of Node and of places of the command that are used no more. */
function forgetOld(folder: string): void {
  const files = readdirSync(folder).map((name) => join(folder, name));
  const times = new Map(files.map((path) => [path, statSync(path).mtimeMs]));
  files.sort((a, b) => times.get(b)! - times.get(a)!);
  for (const path of files.slice(MAX_FILES)) rmSync(path, { force: true });
}
