/**
 * Values for cloud-init's DataSourceVMware: metadata, userdata and vendordata, each with an `.encoding` beside it.
 *
 * Sources: cloud-init `cloudinit/sources/DataSourceVMware.py` (keys, encodings); RFC 1952 (gzip), RFC 1951 §3.2.4 (stored blocks).
 */
import type { GuestinfoError, GuestinfoStore } from "./guestinfo-store.ts";
import { crc32, type GunzipResult, gunzip } from "./gunzip.ts";
import { encodeText } from "./text.ts";

/** Plain text, or one of the encodings cloud-init, Ignition and others accept. */
export type GuestinfoEncoding = "plain" | "base64" | "gzip+base64";

export interface CloudInitData {
  readonly metadata?: string | Uint8Array;
  readonly userdata?: string | Uint8Array;
  readonly vendordata?: string | Uint8Array;
}

/** Sets `guestinfo.metadata`, `.userdata` and `.vendordata` with their encodings. Returns the first error, if any. */
export function setCloudInit(
  store: GuestinfoStore,
  data: CloudInitData,
  encoding: GuestinfoEncoding = "base64",
): GuestinfoError | undefined {
  for (const key of ["metadata", "userdata", "vendordata"] as const) {
    const value = data[key];
    if (value === undefined) continue;
    const error = store.set(key, encodeGuestinfo(value, encoding));
    if (error !== undefined) return error;
    if (encoding === "plain") store.delete(`${key}.encoding`);
    else store.set(`${key}.encoding`, encoding);
  }
  return undefined;
}

/** The value as a guest expects it under that encoding. gzip is a container here: the data is stored, not compressed. */
export function encodeGuestinfo(value: string | Uint8Array, encoding: GuestinfoEncoding): string | Uint8Array {
  if (encoding === "plain") return value;
  const bytes = typeof value === "string" ? encodeText(value) : value;
  return toBase64(encoding === "base64" ? bytes : toGzip(bytes));
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += alphabet.charAt(group >>> 18) + alphabet.charAt((group >>> 12) & 63);
    text += left > 1 ? alphabet.charAt((group >>> 6) & 63) : "=";
    text += left > 2 ? alphabet.charAt(group & 63) : "=";
  }
  return text;
}

const STORED_BLOCK_BYTES = 0xffff;

function toGzip(bytes: Uint8Array): Uint8Array {
  const blocks = Math.max(1, Math.ceil(bytes.length / STORED_BLOCK_BYTES));
  const out = new Uint8Array(10 + blocks * 5 + bytes.length + 8);
  const view = new DataView(out.buffer);
  // Deflate, no flags, no time, unknown system.
  out.set([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
  let at = 10;
  for (let block = 0; block < blocks; block++) {
    const piece = bytes.subarray(block * STORED_BLOCK_BYTES, (block + 1) * STORED_BLOCK_BYTES);
    out[at] = block === blocks - 1 ? 1 : 0;
    view.setUint16(at + 1, piece.length, true);
    view.setUint16(at + 3, ~piece.length & 0xffff, true);
    out.set(piece, at + 5);
    at += 5 + piece.length;
  }
  view.setUint32(at, crc32(bytes), true);
  view.setUint32(at + 4, bytes.length, true);
  return out;
}

/** A value of the variable with that encoding, as bytes; at most `maxBytes` of it (default 16 MiB), whatever its gzip data claims. */
export function decodeGuestinfo(
  value: string,
  encoding: GuestinfoEncoding,
  maxBytes: number = 0x100_0000,
): GunzipResult {
  if (encoding === "plain") return { ok: true, bytes: encodeText(value) };
  const bytes = fromBase64(value);
  if (bytes === undefined) return { ok: false, message: "base64: characters that are none" };
  return encoding === "base64" ? { ok: true, bytes } : gunzip(bytes, maxBytes);
}

function fromBase64(text: string): Uint8Array | undefined {
  const letters = text.replace(/[\r\n]/g, "").replace(/={0,2}$/, "");
  const bytes = new Uint8Array(Math.floor((letters.length * 3) / 4));
  let bits = 0;
  let count = 0;
  let at = 0;
  for (const letter of letters) {
    const value = alphabet.indexOf(letter);
    if (value < 0) return undefined;
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes[at++] = (bits >>> count) & 0xff;
    }
  }
  return letters.length % 4 === 1 ? undefined : bytes;
}
