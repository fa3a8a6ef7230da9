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

const classes = ["trace", "after", "error"] as const;
const reasons = [undefined, "not-vmware", "unknown-command"] as const;

/** 32-bit words of an access, in the order of {@link RecordRing.pushAccess}. */
const WORDS = 11;

/**
 * The latest `capacity` records, oldest first; older ones are overwritten and counted. Accesses lie in typed arrays and become objects when
 * somebody looks: writing one allocates nothing.
 */
export class RecordRing {
  readonly capacity: number;
  /** Records of other kinds, at their places; `undefined` where an access lies in the arrays. */
  #others: (LogRecord | undefined)[] = [];
  #words = new Int32Array(0);
  /** Time and RIP of each slot. Plain arrays: storing into a BigUint64Array is a call into the engine's runtime on Node 20. */
  #times: bigint[] = [];
  #rips: bigint[] = [];
  #names: (string | undefined)[] = [];
  #notes: (string | undefined)[] = [];
  #next = 0;
  #pushed = 0;

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
    if (this.#words.length === 0) this.#words = new Int32Array(this.capacity * WORDS);
    const slot = this.#take();
    // A look costs less than a store of an object, and what lies there is the same more often than not.
    if (this.#others[slot] !== undefined) this.#others[slot] = undefined;
    if (this.#names[slot] !== entry.commandName) this.#names[slot] = entry.commandName;
    if (this.#notes[slot] !== entry.note) this.#notes[slot] = entry.note;
    this.#times[slot] = entry.atNs;
    this.#rips[slot] = entry.rip;
    const words = this.#words;
    const at = slot * WORDS;
    words[at] =
      (entry.class === "trace" ? 0 : entry.class === "after" ? 1 : 2) |
      (entry.reason === undefined ? 0 : entry.reason === "not-vmware" ? 4 : 8) |
      (entry.direction === "in" ? 0 : 16) |
      (entry.size << 8) |
      (entry.cpl << 16);
    words[at + 1] = entry.port;
    words[at + 2] = entry.vcpuId;
    words[at + 3] = entry.domainId;
    words[at + 4] = entry.command;
    words[at + 5] = entry.eax;
    words[at + 6] = entry.ebx;
    words[at + 7] = entry.ecx;
    words[at + 8] = entry.edx;
    words[at + 9] = entry.esi;
    words[at + 10] = entry.edi;
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
    this.#names = [];
    this.#notes = [];
    this.#times = [];
    this.#rips = [];
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
    const words = this.#words;
    const at = slot * WORDS;
    const note = this.#notes[slot];
    const packed = words[at] as number;
    const word = (index: number): number => (words[at + index] as number) >>> 0;
    return {
      kind: "access",
      class: classes[packed & 3] ?? "trace",
      atNs: this.#times[slot] as bigint,
      domainId: word(3),
      vcpuId: word(2),
      reason: reasons[(packed >> 2) & 3],
      direction: (packed & 16) === 0 ? "in" : "out",
      port: word(1),
      size: (packed >> 8) & 0xff,
      rip: this.#rips[slot] as bigint,
      cpl: (packed >> 16) & 0xff,
      command: word(4),
      commandName: this.#names[slot],
      ...(note === undefined ? {} : { note }),
      registers: { eax: word(5), ebx: word(6), ecx: word(7), edx: word(8), esi: word(9), edi: word(10) },
    };
  }
}
