import { PACKED_WORDS, PackedAccess } from "./packed-access.ts";
import type { AccessRecord, LogRecord } from "./record.ts";

/**
 * One access on its way into a log: the fields of an {@link AccessRecord}, flat and writable. Its owner fills it again for the next access;
 * whoever keeps something of it copies.
 */
export interface AccessEntry {
  class: AccessRecord["class"];
  reason: AccessRecord["reason"];
  atNs: bigint;
  domainId: number;
  vcpuId: number;
  direction: "in" | "out";
  port: number;
  size: number;
  rip: bigint;
  cpl: number;
  command: number;
  commandName: string | undefined;
  note: string | undefined;
  eax: number;
  ebx: number;
  ecx: number;
  edx: number;
  esi: number;
  edi: number;
}

export function createAccessEntry(): AccessEntry {
  return {
    class: "trace",
    reason: undefined,
    atNs: 0n,
    domainId: 0,
    vcpuId: 0,
    direction: "in",
    port: 0,
    size: 4,
    rip: 0n,
    cpl: 0,
    command: 0,
    commandName: undefined,
    note: undefined,
    eax: 0,
    ebx: 0,
    ecx: 0,
    edx: 0,
    esi: 0,
    edi: 0,
  };
}

/** The entry as a record of its own. */
export function toAccessRecord(entry: AccessEntry): AccessRecord {
  const { eax, ebx, ecx, edx, esi, edi } = entry;
  return {
    kind: "access",
    class: entry.class,
    atNs: entry.atNs,
    domainId: entry.domainId,
    vcpuId: entry.vcpuId,
    reason: entry.reason,
    direction: entry.direction,
    port: entry.port,
    size: entry.size,
    rip: entry.rip,
    cpl: entry.cpl,
    command: entry.command,
    commandName: entry.commandName,
    ...(entry.note === undefined ? {} : { note: entry.note }),
    registers: { eax, ebx, ecx, edx, esi, edi },
  };
}

/**
 * The latest `capacity` records, oldest first; older ones are overwritten and counted. Accesses lie in typed arrays and become objects when
 * somebody looks: writing one allocates nothing.
 */
export class RecordRing {
  readonly capacity: number;
  /** Records of other kinds, at their places; `undefined` where an access lies in the arrays. */
  #others: (LogRecord | undefined)[] = [];
  #words = new Int32Array(0);
  /** Time and RIP of a slot, where they were given as bigints. */
  #times: (bigint | undefined)[] = [];
  #rips: (bigint | undefined)[] = [];
  #names: (string | undefined)[] = [];
  #notes: (string | undefined)[] = [];
  #next = 0;
  #pushed = 0;
  /** For entries that are not packed, and to read slots. */
  readonly #scratch = new PackedAccess();

  /** `capacity` ≥ 1. */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new RangeError(`ring capacity must be at least 1, got ${capacity}`);
    this.capacity = capacity;
  }

  push(record: LogRecord): void {
    this.#others[this.#take()] = record;
  }

  pushAccess(entry: AccessEntry): void {
    const packed = entry instanceof PackedAccess ? entry : this.#pack(entry);
    const { words: from, commandName, note, givenTime, givenRip } = packed;
    if (this.#words.length === 0) this.#words = new Int32Array(this.capacity * PACKED_WORDS);
    const slot = this.#take();
    // A look costs less than a store of an object, and what lies there is the same more often than not.
    if (this.#others[slot] !== undefined) this.#others[slot] = undefined;
    if (this.#names[slot] !== commandName) this.#names[slot] = commandName;
    if (this.#notes[slot] !== note) this.#notes[slot] = note;
    if (givenTime !== undefined || this.#times[slot] !== undefined) this.#times[slot] = givenTime;
    if (givenRip !== undefined || this.#rips[slot] !== undefined) this.#rips[slot] = givenRip;
    const words = this.#words;
    const at = slot * PACKED_WORDS;
    // One by one: a loop costs more.
    words[at] = from[0] as number;
    words[at + 1] = from[1] as number;
    words[at + 2] = from[2] as number;
    words[at + 3] = from[3] as number;
    words[at + 4] = from[4] as number;
    words[at + 5] = from[5] as number;
    words[at + 6] = from[6] as number;
    words[at + 7] = from[7] as number;
    words[at + 8] = from[8] as number;
    words[at + 9] = from[9] as number;
    words[at + 10] = from[10] as number;
    words[at + 11] = from[11] as number;
    words[at + 12] = from[12] as number;
    words[at + 13] = from[13] as number;
    words[at + 14] = from[14] as number;
  }

  #pack(entry: AccessEntry): PackedAccess {
    const { class: logClass, reason, atNs, domainId, vcpuId, direction, port, size, rip, cpl } = entry;
    const { command, commandName, note, eax, ebx, ecx, edx, esi, edi } = entry;
    Object.assign(this.#scratch, { class: logClass, reason, atNs, domainId, vcpuId, direction, port, size, rip, cpl });
    return Object.assign(this.#scratch, { command, commandName, note, eax, ebx, ecx, edx, esi, edi });
  }

  /** How many records were overwritten. */
  get lost(): number {
    return Math.max(0, this.#pushed - this.capacity);
  }

  get length(): number {
    return Math.min(this.#pushed, this.capacity);
  }

  toArray(): LogRecord[] {
    const start = this.#pushed > this.capacity ? this.#next : 0;
    return Array.from({ length: this.length }, (_, i) => {
      const slot = (start + i) % this.capacity;
      return this.#others[slot] ?? this.#read(slot);
    });
  }

  clear(): void {
    this.#others = [];
    this.#times = [];
    this.#rips = [];
    this.#names = [];
    this.#notes = [];
    this.#next = 0;
    this.#pushed = 0;
  }

  #take(): number {
    const slot = this.#next;
    this.#next = slot + 1 === this.capacity ? 0 : slot + 1;
    this.#pushed++;
    return slot;
  }

  #read(slot: number): AccessRecord {
    const scratch = this.#scratch;
    scratch.words.set(this.#words.subarray(slot * PACKED_WORDS, (slot + 1) * PACKED_WORDS));
    scratch.commandName = this.#names[slot];
    scratch.note = this.#notes[slot];
    scratch.givenTime = this.#times[slot];
    scratch.givenRip = this.#rips[slot];
    return toAccessRecord(scratch);
  }
}
