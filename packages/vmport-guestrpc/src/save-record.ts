/**
 * GuestRPC's state as the payload of a Xen HVM save record VMPORT, type 21, one per domain. Xen's own layout was never
 * published; this one is ours: little-endian, every field aligned to its size, byte strings behind a 32-bit length and padded to
 * four bytes, the whole padded to a multiple of eight as all of Xen's records are.
 *
 * Sources: Xen `xen/include/public/arch-x86/hvm/save.h`, `xen/common/hvm/save.c` (record rules); D. Slutz, "Xen VMware tools support" v6
 * 11/16 (the record).
 */
import type { ChannelSave } from "./channel.ts";
import type { GuestinfoOrigin } from "./guestinfo-store.ts";
import type { GuestrpcSave } from "./guestrpc.ts";
import type { TcloCallSave, TcloSessionSave } from "./tclo/tclo-host.ts";
import { decodeText, encodeText, fromHex, toHex } from "./text.ts";

/** HVM_SAVE_CODE(VMPORT). */
export const VMPORT_SAVE_CODE = 21;

/** "VMPR" in memory. */
const MAGIC = 0x5250_4d56;
const VERSION = 2;

const phases = ["idle", "sending", "receiving"] as const;
const origins: readonly GuestinfoOrigin[] = ["host", "guest"];

export type VmportRecordResult =
  | { readonly ok: true; readonly state: GuestrpcSave }
  /** `offset`: where the payload stops making sense. */
  | { readonly ok: false; readonly message: string; readonly offset: number };

/** The payload; a record's descriptor goes in front of it. */
export function encodeVmportRecord(state: GuestrpcSave): Uint8Array {
  const out = new Writer();
  out.u32(MAGIC);
  out.u32(VERSION);
  out.u32(state.opens);
  out.u32(state.random);
  out.list(state.channels, (channel) => {
    out.u32(channel.id);
    out.u32(channel.protocol === "RPCI" ? 0 : 1);
    out.optional(channel.cookie, ({ high, low }) => {
      out.u32(high);
      out.u32(low);
    });
    out.u64(channel.lastUsedNs);
    out.u32(phases.indexOf(channel.state));
    out.bytes(fromHex(channel.receivedHex));
    out.u32(channel.expected);
    out.optional(channel.outgoingHex, (hex) => out.bytes(fromHex(hex)));
    out.u32(channel.cursor);
    out.u32(channel.interrupted ? 1 : 0);
  });
  out.list(state.tclo, (session) => {
    out.u32(session.channel);
    out.optional(session.app, (text) => out.text(text));
    out.u32(session.greeted ? 1 : 0);
    out.optional(session.offered, (call) => writeCall(out, call));
    out.optional(session.outstanding, (call) => writeCall(out, call));
    out.list(session.queue, (call) => writeCall(out, call));
    out.u64(session.lastTrafficNs);
  });
  out.list(state.guestinfo.entries, ({ key, valueHex, origin }) => {
    out.text(key);
    out.bytes(fromHex(valueHex));
    out.u32(origins.indexOf(origin));
  });
  const { tools } = state;
  for (const value of [tools.version, tools.versionType, tools.buildNumber])
    out.optional(value, (number) => out.u64(String(number)));
  out.list(tools.capabilities, ({ name, argument }) => {
    out.text(name);
    out.text(argument);
  });
  out.list(tools.guestInfo, ({ type, dataHex }) => {
    out.u32(type);
    out.bytes(fromHex(dataHex));
  });
  out.optional(tools.stateChange, ({ ok, state: number }) => {
    out.u32(ok ? 1 : 0);
    out.u64(String(number));
  });
  out.list(tools.reports, ({ verb, text }) => {
    out.text(verb);
    out.text(text);
  });
  return out.finish();
}

/** Reads a payload back. Anything that does not fit is refused with its place; nothing throws. */
export function decodeVmportRecord(payload: Uint8Array): VmportRecordResult {
  const input = new Reader(payload);
  const magic = input.u32();
  const version = input.u32();
  if (magic !== MAGIC || version !== VERSION) {
    return {
      ok: false,
      message: `VMPORT record: version ${version} with mark 0x${magic.toString(16)}, expected version ${VERSION}`,
      offset: 0,
    };
  }
  const state: GuestrpcSave = {
    version: 2,
    opens: input.u32(),
    random: input.u32(),
    channels: input.list(() => readChannel(input)),
    tclo: input.list(() => readSession(input)),
    guestinfo: {
      version: 1,
      entries: input.list(() => ({ key: input.text(), valueHex: toHex(input.bytes()), origin: input.choice(origins) })),
    },
    tools: {
      version: input.optional(() => Number(input.u64())),
      versionType: input.optional(() => Number(input.u64())),
      buildNumber: input.optional(() => Number(input.u64())),
      capabilities: input.list(() => ({ name: input.text(), argument: input.text() })),
      guestInfo: input.list(() => ({ type: input.u32(), dataHex: toHex(input.bytes()) })),
      stateChange: input.optional(() => ({ ok: input.u32() === 1, state: Number(input.u64()) })),
      reports: input.list(() => ({ verb: input.text(), text: input.text() })),
    },
  };
  if (input.failedAt >= 0) {
    return {
      ok: false,
      message: `VMPORT record: cut short or out of range at byte ${input.failedAt}`,
      offset: input.failedAt,
    };
  }
  return { ok: true, state };
}

const readChannel = (input: Reader): ChannelSave => ({
  id: input.u32(),
  protocol: input.choice(["RPCI", "TCLO"] as const),
  cookie: input.optional(() => ({ high: input.u32(), low: input.u32() })),
  lastUsedNs: input.u64(),
  state: input.choice(phases),
  receivedHex: toHex(input.bytes()),
  expected: input.u32(),
  outgoingHex: input.optional(() => toHex(input.bytes())),
  cursor: input.u32(),
  interrupted: input.u32() === 1,
});

const readSession = (input: Reader): TcloSessionSave => ({
  channel: input.u32(),
  app: input.optional(() => input.text()),
  greeted: input.u32() === 1,
  offered: input.optional(() => readCall(input)),
  outstanding: input.optional(() => readCall(input)),
  queue: input.list(() => readCall(input)),
  lastTrafficNs: input.u64(),
});

const writeCall = (out: Writer, { command, deadlineNs, ping }: TcloCallSave): void => {
  out.text(command);
  out.optional(deadlineNs, (decimal) => out.u64(decimal));
  out.u32(ping ? 1 : 0);
};

const readCall = (input: Reader): TcloCallSave => ({
  command: input.text(),
  deadlineNs: input.optional(() => input.u64()),
  ping: input.u32() === 1,
});

class Writer {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  u32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  /** A decimal number, as plain data carries 64-bit values. */
  u64(decimal: string): void {
    this.#length += -this.#length & 7;
    this.#reserve(8);
    this.#view.setBigUint64(this.#length, BigInt.asUintN(64, BigInt(decimal)), true);
    this.#length += 8;
  }

  bytes(bytes: Uint8Array): void {
    this.u32(bytes.length);
    this.#reserve(bytes.length + 3);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length + (-bytes.length & 3);
  }

  text(text: string): void {
    this.bytes(encodeText(text));
  }

  optional<T>(value: T | null, write: (value: T) => void): void {
    this.u32(value === null ? 0 : 1);
    if (value !== null) write(value);
  }

  list<T>(items: readonly T[], write: (item: T) => void): void {
    this.u32(items.length);
    for (const item of items) write(item);
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length + (-this.#length & 7));
  }

  #reserve(count: number): void {
    const wanted = this.#length + count + 8;
    if (wanted <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(wanted, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Answers zeros once it has run off the end; `failedAt` tells. */
class Reader {
  failedAt = -1;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u32(): number {
    return this.#has(4) ? this.#view.getUint32((this.#at += 4) - 4, true) : 0;
  }

  u64(): string {
    this.#at += -this.#at & 7;
    return this.#has(8) ? String(this.#view.getBigUint64((this.#at += 8) - 8, true)) : "0";
  }

  bytes(): Uint8Array {
    const length = this.u32();
    if (!this.#has(length)) return this.#bytes.subarray(0, 0);
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length + (-length & 3);
    return bytes;
  }

  text(): string {
    return decodeText(this.bytes());
  }

  choice<T>(values: readonly T[]): T {
    const index = this.u32();
    if (index >= values.length) this.#fail();
    return values[index] ?? (values[0] as T);
  }

  optional<T>(read: () => T): T | null {
    return this.u32() === 0 ? null : read();
  }

  list<T>(read: () => T): T[] {
    const count = this.u32();
    const items: T[] = [];
    for (let i = 0; i < count && this.failedAt < 0; i++) items.push(read());
    return items;
  }

  #has(count: number): boolean {
    if (this.failedAt >= 0) return false;
    if (this.#at + count <= this.#bytes.length) return true;
    this.#fail();
    return false;
  }

  #fail(): void {
    if (this.failedAt < 0) this.failedAt = this.#at;
  }
}
