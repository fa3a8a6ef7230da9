/**
 * `guestlib.info.get VERSION`: statistics of the machine for libguestlib and `vmware-toolbox-cmd stat`. Version 2 is a fixed structure, version 3
 * an XDR list of 38 numbered statistics; a machine of ours has no limits, no reservations, and no neighbours.
 *
 * Sources: open-vm-tools `libguestlib/vmGuestLib.c` (negotiation), `vmGuestLibInt.h` (version 2, headers), `guestlibV3.x` (numbers and types of
 * version 3); RFC 4506 (XDR).
 */
import { fail, ok, type RpciCommand, UNKNOWN_COMMAND } from "../rpci.ts";
import { type GuestStatistics, statisticRows } from "../statistics.ts";
import { encodeText } from "../text.ts";

const HEADER_BYTES = 12;
const POOL_BYTES = 512;
/** Version 2 has the first 18, up to the path of the resource pool. */
const VERSION_2_ROWS = 18;

export const guestlibInfoGet: RpciCommand = {
  verb: "guestlib.info.get",
  handle(call, { host }) {
    const { statistics } = host;
    if (statistics === undefined) return UNKNOWN_COMMAND;
    const [version] = call.words;
    if (version === "2") return ok(version2(statistics));
    // What newer libraries look for in a refusal: the newest version there is, and a colon.
    return version === "3" ? ok(version3(statistics)) : fail("3:Unsupported version");
  },
};

function version2(statistics: GuestStatistics): Uint8Array {
  const rows = statisticRows.slice(0, VERSION_2_ROWS);
  const sizes = { u32: 8, u64: 12, text: 1 + POOL_BYTES, bytes: 0 } as const;
  const out = new Uint8Array(HEADER_BYTES + rows.reduce((sum, { type }) => sum + sizes[type], 0));
  const view = header(out, 2, statistics);
  let at = HEADER_BYTES;
  for (const row of rows) {
    const value = row.value?.(statistics);
    out[at] = value === undefined ? 0 : 1;
    if (row.type === "u32") view.setUint32(at + 4, Number(value ?? 0), true);
    else if (row.type === "u64") view.setBigUint64(at + 4, BigInt.asUintN(64, BigInt(value ?? 0)), true);
    // One byte stays NUL.
    else out.set(encodeText(String(value ?? "")).subarray(0, POOL_BYTES - 1), at + 1);
    at += sizes[row.type];
  }
  return out;
}

function version3(statistics: GuestStatistics): Uint8Array {
  const words: number[] = [statisticRows.length];
  for (const [index, row] of statisticRows.entries()) {
    const value = row.value?.(statistics);
    words.push(index + 1, value === undefined ? 0 : 1);
    if (row.type === "u32") words.push(Number(value ?? 0));
    else if (row.type === "u64") {
      const wide = BigInt.asUintN(64, BigInt(value ?? 0));
      words.push(Number(wide >> 32n), Number(wide & 0xffff_ffffn));
    } else {
      const bytes = encodeText(String(value ?? ""));
      words.push(bytes.length);
      const padded = new DataView(new ArrayBuffer((bytes.length + 3) & ~3));
      for (const [i, byte] of bytes.entries()) padded.setUint8(i, byte);
      for (let i = 0; i < padded.byteLength; i += 4) words.push(padded.getUint32(i));
    }
  }
  const out = new Uint8Array(HEADER_BYTES + 4 + words.length * 4);
  const view = header(out, 3, statistics);
  view.setUint32(HEADER_BYTES, words.length * 4, true);
  for (const [i, word] of words.entries()) view.setUint32(HEADER_BYTES + 4 + i * 4, word);
  return out;
}

/** Version and session, little-endian like everything outside XDR. */
function header(out: Uint8Array, version: number, { sessionId }: GuestStatistics): DataView {
  const view = new DataView(out.buffer);
  view.setUint32(0, version, true);
  view.setBigUint64(4, BigInt.asUintN(64, sessionId), true);
  return view;
}
