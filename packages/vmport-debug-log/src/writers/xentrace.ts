/**
 * xentrace's binary form, for `xentrace_format` and `xenalyze`. Ids 0x82028 and 0x82029 with their words are those of the last posted series;
 * what it never traced has ids of ours behind them.
 *
 * Sources: Xen `xen/include/public/trace.h` (record layout, class bits, cpu change), `tools/xentrace/formats`; D. Slutz, "Xen VMware
 * tools support" v13/v14 (TRC_HVM_VMPORT_*).
 */
import type { LogRecord } from "../record.ts";

export interface XentraceEventRow {
  readonly id: number;
  readonly name: string;
  readonly origin: "series" | "ours";
  /** Text of the formats file behind the name, `%(1)` … `%(7)` being the words. */
  readonly format: string;
}

export const xentraceEvents = [
  {
    id: 0x0008_2028,
    name: "VMPORT_HANDLED",
    origin: "series",
    format:
      "[ cmd = %(1)d eax = 0x%(2)08x ebx = 0x%(3)08x ecx = 0x%(4)08x edx = 0x%(5)08x esi = 0x%(6)08x edi = 0x%(7)08x ]",
  },
  { id: 0x0008_2029, name: "VMPORT_IGNORED", origin: "series", format: "[ port = %(1)d eax = 0x%(2)08x ]" },
  // What the series passed on to its device model and got back. Nothing here is passed on; readers know the names.
  {
    id: 0x0008_202a,
    name: "VMPORT_QEMU",
    origin: "series",
    format: "[ eax = 0x%(1)08x ebx = 0x%(2)08x ecx = 0x%(3)08x edx = 0x%(4)08x esi = 0x%(5)08x edi = 0x%(6)08x ]",
  },
  {
    id: 0x0008_202b,
    name: "VMPORT_SEND",
    origin: "series",
    format: "[ cmd = 0x%(1)x ebx = 0x%(2)08x ecx = 0x%(3)08x edx = 0x%(4)08x esi = 0x%(5)08x edi = 0x%(6)08x ]",
  },
  {
    id: 0x0008_202c,
    name: "VMPORT_ENTER",
    origin: "ours",
    format:
      "[ cmd = %(1)d eax = 0x%(2)08x ebx = 0x%(3)08x ecx = 0x%(4)08x edx = 0x%(5)08x esi = 0x%(6)08x edi = 0x%(7)08x ]",
  },
  {
    id: 0x0008_202d,
    name: "VMPORT_GP",
    origin: "ours",
    format: "[ handled = %(1)d error_code = 0x%(2)08x len = %(3)d rip = 0x%(5)08x%(4)08x ]",
  },
  {
    id: 0x0008_202e,
    name: "VMPORT_MESSAGE",
    origin: "ours",
    format: "[ channel = %(1)d to_guest = %(2)d protocol = 0x%(3)08x bytes = %(4)d ]",
  },
] as const satisfies readonly XentraceEventRow[];

const ID = {
  handled: 0x0008_2028,
  ignored: 0x0008_2029,
  enter: 0x0008_202c,
  gp: 0x0008_202d,
  message: 0x0008_202e,
} as const;
const CPU_CHANGE = 0x2001_f003;
const TSC_FLAG = 0x8000_0000;

/** Lines to append to xentrace's `formats` file. */
export function xentraceFormats(): string {
  return xentraceEvents
    .map(
      (row) =>
        `0x${row.id.toString(16).padStart(8, "0")}  CPU%(cpu)d  %(tsc)d (+%(reltsc)8d)  ${row.name} ${row.format}\n`,
    )
    .join("");
}

export interface XentraceOptions {
  /** Turns virtual ns into TSC ticks. Default 1,000,000: one tick a nanosecond. */
  readonly tscKhz?: number;
}

/** What `xentrace` would have written for these records. Channels and calls are text and have no place in it. */
export function encodeXentrace(records: readonly LogRecord[], options: XentraceOptions = {}): Uint8Array {
  const tscKhz = BigInt(options.tscKhz ?? 1_000_000);
  const out: number[] = [];
  for (let i = 0; i < records.length; ) {
    const cpu = (records[i] as LogRecord).vcpuId;
    const window: number[] = [];
    for (; i < records.length && records[i]?.vcpuId === cpu; i++) {
      const record = records[i] as LogRecord;
      const event = toEvent(record);
      if (event === undefined) continue;
      const tsc = BigInt.asUintN(64, (record.atNs * tscKhz) / 1_000_000n);
      window.push(((event.words.length << 28) | event.id | TSC_FLAG) >>> 0);
      window.push(Number(tsc & 0xffff_ffffn), Number(tsc >> 32n), ...event.words.map((word) => word >>> 0));
    }
    if (window.length > 0) out.push(CPU_CHANGE, cpu, window.length * 4);
    for (const word of window) out.push(word);
  }
  const bytes = new Uint8Array(out.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of out.entries()) view.setUint32(i * 4, word, true);
  return bytes;
}

function toEvent(record: LogRecord): { readonly id: number; readonly words: readonly number[] } | undefined {
  switch (record.kind) {
    case "access": {
      const { eax, ebx, ecx, edx, esi, edi } = record.registers;
      if (record.class === "error") {
        // An unknown command is followed by its record with class `after`.
        return record.reason === "not-vmware" ? { id: ID.ignored, words: [record.port, eax] } : undefined;
      }
      const id = record.class === "trace" ? ID.enter : ID.handled;
      return { id, words: [record.command, eax, ebx, ecx, edx, esi, edi] };
    }
    case "gp": {
      const handled = record.outcome === "handled" ? 1 : 0;
      const rip = BigInt.asUintN(64, record.rip);
      return {
        id: ID.gp,
        words: [handled, record.errorCode, record.length, Number(rip & 0xffff_ffffn), Number(rip >> 32n)],
      };
    }
    case "message": {
      const protocol = [...record.protocol.slice(0, 4)].reduce(
        (word, letter, i) => word | (letter.charCodeAt(0) << (8 * i)),
        0,
      );
      const toGuest = record.class === "recv" ? 1 : 0;
      return { id: ID.message, words: [record.channel, toGuest, protocol, record.bytes.length] };
    }
    default:
      return undefined;
  }
}

/** One record of a xentrace file. */
export interface XentraceRecord {
  readonly cpu: number;
  readonly id: number;
  readonly name: string | undefined;
  readonly tsc: bigint | undefined;
  readonly words: readonly number[];
}

export type XentraceResult =
  | { readonly ok: true; readonly records: readonly XentraceRecord[] }
  /** `offset` is where the file stops making sense. */
  | { readonly ok: false; readonly message: string; readonly offset: number };

/** Reads a xentrace file; events of others are kept with their ids. */
export function decodeXentrace(bytes: Uint8Array): XentraceResult {
  const names = new Map<number, string>(xentraceEvents.map((row) => [row.id, row.name]));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: XentraceRecord[] = [];
  let cpu = 0;
  for (let at = 0; at < bytes.length; ) {
    const fail = (what: string): XentraceResult => ({
      ok: false,
      message: `xentrace: ${what} at byte ${at}`,
      offset: at,
    });
    if (at + 4 > bytes.length) return fail("half a word");
    const header = view.getUint32(at, true);
    const extra = (header >>> 28) & 7;
    const withTsc = header >>> 31 === 1;
    const size = 4 + (withTsc ? 8 : 0) + extra * 4;
    if (at + size > bytes.length) return fail(`a record of ${size} bytes in the last ${bytes.length - at}`);
    const first = at + (withTsc ? 12 : 4);
    const words = Array.from({ length: extra }, (_, i) => view.getUint32(first + 4 * i, true));
    const id = header & 0x0fff_ffff;
    if (header === CPU_CHANGE) cpu = words[0] ?? 0;
    else {
      const tsc = withTsc ? view.getBigUint64(at + 4, true) : undefined;
      records.push({ cpu, id, name: names.get(id), tsc, words });
    }
    at += size;
  }
  return { ok: true, records };
}
