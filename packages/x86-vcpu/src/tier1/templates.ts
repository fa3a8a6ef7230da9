/**
 * Records of instructions seen before, by their bytes and the mode key: half of a program's instructions are repetitions of
 * others, and copying records costs a fraction of lifting and selecting them.
 *
 * Only instructions whose records do not depend on where they stand are kept, but for one value: the displacement of a
 * RIP-relative operand is left out of the key and put into the one record that has the address. In 64-bit code the same holds for
 * direct jumps and calls, whose targets are the caller's business; a call's one record has the return address.
 *
 * Bounded: a table of fixed size, emptied when its pool is full.
 */
import { type Instruction, OpKind, Register } from "x86-decode";
import { Field, RECORD_BYTES } from "./record.ts";

/** Entries of the direct-mapped table, and int32 of the pool: 3 MiB in all. */
const BUCKETS = 1 << 16;
const POOL = 1 << 19;
const RECORD_WORDS = RECORD_BYTES / 4;
/**
 * Int32 before an entry's records: key, four words of bytes (length in the last byte), and records | end << 8 | patched record << 16 |
 * condition code of a conditional jump << 24.
 */
const HEAD = 6;
const MAX_RECORDS = 32;
const NO_PATCH = 0xff;
/** In the last word of a direct jump or call: only its opcode counts. */
const BRANCH = 1 << 23;

const isPrefix = Uint8Array.from({ length: 256 }, (_, byte) =>
  [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf2, 0xf3].includes(byte) || (byte & 0xf0) === 0x40 ? 1 : 0,
);
/** By opcode: E8, E9, EB, Jcc. */
const isBranch = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === 0xe8 || byte === 0xe9 || byte === 0xeb || (byte & 0xf0) === 0x70 ? 1 : 0,
);

export class Templates {
  private readonly view: DataView;
  private readonly i32: Int32Array;
  private readonly buckets = new Int32Array(BUCKETS);
  private readonly pool = new Int32Array(POOL);
  /** Next free int32; 0 is no entry. */
  private top = 1;

  // What `find` looked for, for `add`.
  private key = 0;
  private word0 = 0;
  private word1 = 0;
  private word2 = 0;
  private word3 = 0;
  private bucket = 0;
  /** Low half of a RIP-relative address; `relative`: there is one. */
  private address = 0;
  private relative = false;

  constructor(buffer: ArrayBufferLike) {
    this.view = new DataView(buffer);
    this.i32 = new Int32Array(buffer);
  }

  /** The entry for the instruction whose bytes lie at `at`, or 0. */
  find(at: number, insn: Instruction, key: number): number {
    const { view } = this;
    const { length } = insn;
    this.relative = insn.memBase === Register.RIP;
    this.address = insn.memDispLow;
    this.key = key;
    this.bucket = -1;
    // Whole words are read.
    if (at + 16 > view.byteLength) return 0;
    if (insn.opKind0 === OpKind.NearBranch) return this.findBranch(at, insn);
    let word0 = view.getInt32(at, true);
    let word1 = 0;
    let word2 = 0;
    let word3 = length << 24;
    if (length < 4) word0 &= (1 << (length << 3)) - 1;
    else if (length > 4) {
      word1 = view.getInt32(at + 4, true);
      if (length < 8) word1 &= (1 << (length << 3)) - 1;
      else if (length > 8) {
        word2 = view.getInt32(at + 8, true);
        if (length < 12) word2 &= (1 << (length << 3)) - 1;
        else if (length > 12) word3 |= view.getInt32(at + 12, true) & ((1 << (length << 3)) - 1);
      }
    }
    if (this.relative) {
      // The address's four bytes out of words 0 to 2, which they never leave: at most four prefixes, opcode and ModR/M are kept.
      const shift = (insn.dispOffset & 3) << 3;
      const low = -1 << shift;
      const high = shift === 0 ? 0 : (1 << shift) - 1;
      const first = insn.dispOffset >> 2;
      if (first > 1) return 0;
      if (first === 0) {
        word0 &= ~low;
        word1 &= ~high;
      } else {
        word1 &= ~low;
        word2 &= ~high;
      }
    }
    // An address that does not fit a sign-extended immediate takes other records.
    if (this.relative && insn.memDispHigh !== this.address >> 31) return 0;
    return this.lookUp(word0, word1, word2, word3);
  }

  private findBranch(at: number, insn: Instruction): number {
    const { view } = this;
    const low = (insn.ipLow >>> 0) + insn.length;
    this.address = low | 0;
    let keep = 0;
    while (isPrefix[view.getUint8(at + keep)] === 1) keep++;
    const opcode = view.getUint8(at + keep++);
    if (opcode === 0x0f) keep++;
    else if (isBranch[opcode] === 0) return 0;
    this.relative = opcode === 0xe8;
    // Canonical targets and return addresses only, and those that fit a sign-extended immediate.
    const high = (insn.ipHigh + (low > 0xffff_ffff ? 1 : 0)) | 0;
    const isPlain = (insn.targetHigh << 16) >> 16 === insn.targetHigh && high === this.address >> 31;
    if (keep > 3 || insn.operandSize !== 64 || !isPlain) return 0;
    return this.lookUp(view.getInt32(at, true) & ((1 << (keep << 3)) - 1), 0, 0, BRANCH | (insn.length << 24));
  }

  private lookUp(word0: number, word1: number, word2: number, word3: number): number {
    const { pool, key } = this;
    this.word0 = word0;
    this.word1 = word1;
    this.word2 = word2;
    this.word3 = word3;
    let hash = Math.imul(word0 ^ key, 0x9e37_79b1) ^ word1;
    hash = Math.imul(hash ^ (hash >>> 15), 0x85eb_ca6b) ^ word2;
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35) ^ word3;
    this.bucket = (hash ^ (hash >>> 16)) & (BUCKETS - 1);
    const entry = this.buckets[this.bucket]!;
    if (
      entry !== 0 &&
      pool[entry] === key &&
      pool[entry + 1] === word0 &&
      pool[entry + 2] === word1 &&
      pool[entry + 3] === word2 &&
      pool[entry + 4] === word3
    )
      return entry;
    return 0;
  }

  /** Copies an entry's records to `at`; gives their end. */
  copy(entry: number, at: number): number {
    const { pool, i32 } = this;
    const head = pool[entry + 5]!;
    const words = (head & 0xff) * RECORD_WORDS;
    const to = at >> 2;
    for (let n = 0; n < words; n++) i32[to + n] = pool[entry + HEAD + n]!;
    const patched = (head >>> 16) & 0xff;
    if (patched !== NO_PATCH) i32[to + patched * RECORD_WORDS + Field.imm / 4] = this.address;
    return at + words * 4;
  }

  /** How the entry's instruction ends. */
  endOf(entry: number): number {
    return (this.pool[entry + 5]! >>> 8) & 0xff;
  }

  /** The condition code with which a conditional jump was added. */
  conditionOf(entry: number): number {
    return this.pool[entry + 5]! >>> 24;
  }

  /** Keeps the records [from, to) for the instruction that `find` did not know. */
  add(from: number, to: number, end: number, condition = 0): void {
    const { pool, i32 } = this;
    const count = (to - from) / RECORD_BYTES;
    if (count > MAX_RECORDS || this.bucket < 0) return;
    let patched = NO_PATCH;
    if (this.relative) {
      for (let n = 0; n < count; n++) {
        const at = (from + n * RECORD_BYTES) >> 2;
        if (i32[at + Field.t / 4] === this.address) return;
        if (i32[at + Field.imm / 4] !== this.address) continue;
        if (patched !== NO_PATCH) return;
        patched = n;
      }
      if (patched === NO_PATCH) return;
    }
    const words = count * RECORD_WORDS;
    if (this.top + HEAD + words > POOL) this.clear();
    const entry = this.top;
    this.top += HEAD + words;
    this.buckets[this.bucket] = entry;
    pool[entry] = this.key;
    pool[entry + 1] = this.word0;
    pool[entry + 2] = this.word1;
    pool[entry + 3] = this.word2;
    pool[entry + 4] = this.word3;
    pool[entry + 5] = count | (end << 8) | (patched << 16) | (condition << 24);
    for (let n = 0; n < words; n++) pool[entry + HEAD + n] = i32[(from >> 2) + n]!;
  }

  clear(): void {
    this.buckets.fill(0);
    this.top = 1;
  }
}
