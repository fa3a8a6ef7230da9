/**
 * Predecoded code: pages of blocks of records, in a fixed piece of the engine's arena.
 *
 * A code page is one page of host memory seen under one context (mode key, CS base and limit) at one RIP; the same
 * bytes elsewhere are another code page, because RIP-relative operands are constants in records. Blocks never leave
 * their page; a store drops those that overlap the bytes it changes. Space is only ever appended to; when it is used up everything is forgotten (so a guest that modifies
 * itself for ever costs time, never memory).
 */
import { DecodeError, decodeInstruction, Instruction, OpKind } from "x86-decode";
import { Builder, lift } from "x86-lift";
import type { Cpu } from "../cpu.ts";
import { MAX_INSTRUCTION_BYTES } from "../mmu/fetch.ts";
import { modeKeyBitness } from "../mode-key.ts";
import { SegmentIndex, segmentBaseOffset, segmentLimitOffset } from "../segment.ts";
import { StateOffset } from "../state-layout.ts";
import { compact, dropDeadFlags } from "./block-passes.ts";
import { recordOp, recordOps } from "./ops/index.ts";
import { CONTROL_BYTES, Control, Field, JUMP_CACHE_ENTRIES, KNOWN_CONTEXTS, RECORD_BYTES } from "./record.ts";
import { Leave } from "./scripts.ts";
import { branchOnCode } from "./select/control.ts";
import { End } from "./select/end.ts";
import { Selector } from "./select.ts";
import { Templates } from "./templates.ts";

export interface CodePage {
  readonly number: number;
  /** Host offset >>> 12; −1 for the page of instructions that are decoded anew each time. */
  readonly hostPage: number;
  readonly context: number;
  /** RIP of the page's first byte, as two int32. */
  ripLow: number;
  ripHigh: number;
  /** Last byte of the page that is inside the limit of CS, plus 1. */
  readonly end: number;
  /** Pointers by page offset: blocks, and blocks of one instruction. */
  readonly blocks: Map<number, number>;
  /** The pointers in `blocks`, for searches. */
  readonly pointers: number[];
  readonly singles: Map<number, number>;
  /** Its bytes have changed. */
  stale: boolean;
}

/** The block at `offset` of `page` is one instruction, whose last `length` bytes lie in another page of the buffer. */
interface Crossing {
  readonly page: CodePage;
  readonly offset: number;
  readonly pointer: number;
  readonly length: number;
}

/** Most instructions in a block: also the most single steps at the end of a run. */
const MAX_BLOCK = 32;
/** Bytes that one block may take at the very most: fragments of 512 rows are of one instruction. */
const BLOCK_ROOM = 64 * 1024;
/** Pages and contexts after which everything is forgotten: bounds the host's own memory. */
const MAX_PAGES = 16384;
const MAX_CONTEXTS = 1024;
/** Contexts found without a search: a guest with processes of both widths uses a dozen. */
const RECENT_CONTEXTS_BITS = 6;
const RECENT_CONTEXTS = 1 << RECENT_CONTEXTS_BITS;
/**
 * Blocks of a page of memory, all its views together, that a store searches for those it changes; with more of them it drops
 * all, so that a guest cannot make each of its stores cost a search through thousands.
 */
const MAX_SEARCHED = 512;
/** Bytes of a code line, less one: see guest-memory. */
const LINE_MASK = 15;
/** Views of one page of memory (addresses, modes) that are kept side by side: bounds the search among them. */
const MAX_VIEWS = 64;

const jump = recordOp("jump");
const jumpFar = recordOp("jumpFar");
const leave = recordOp("leave");
const stale = recordOp("stale");
const unlinked = recordOp("unlinked");
const cross = recordOp("cross");
const data = recordOp("data");

/**
 * In the op field of headers, which are never carried out. Other fields: `d` instructions (0: closed), `a` and `b` page offsets
 * of the first byte and behind the last, `t` the record that links to other blocks, or 0.
 */
const HEADER = 0xfffe;
/** Ops whose info word names link targets instead. */
const isLinked = Uint8Array.from(recordOps, ({ name }) => (/^jump(\d+|Bool)?$/.test(name) ? 1 : 0));

/** Bits of a record's info word: page offset, length, instructions of the block from this one on (this one included). */
export const infoOffset = (info: number): number => info & 0xfff;
export const infoLength = (info: number): number => (info >>> 12) & 15;
export const infoRemaining = (info: number): number => (info >>> 16) & 0xff;

export class CodeCache {
  /** Byte offset of tier 1's control area. */
  readonly control: number;
  private readonly cpu: Cpu;
  private readonly start: number;
  private readonly end: number;
  private top: number;
  private readonly selector: Selector;
  private readonly templates: Templates;
  private readonly builder = new Builder();
  private readonly insn = new Instruction();
  /** For each record: see `infoOffset` …; for branches the page offsets of taken and fall-through target. */
  readonly info: Int32Array;
  private readonly pageOf: Uint16Array;
  private pages: CodePage[] = [];
  private readonly byHost = new Map<number, CodePage[]>();
  /** Blocks of instructions across two pages, by the host page of their second half. */
  private readonly crossings = new Map<number, Crossing[]>();
  private readonly contexts = new Map<string, number>();
  private nextContext = 0;
  /** Recent contexts, direct-mapped: number (−1: none), mode key, low and high half of the base, limit. */
  private readonly recent = new Float64Array(RECENT_CONTEXTS * 5).fill(-1);
  /** The block being built ends with a branch record: page offsets of its targets (−1: the selector's target). */
  private branchEnds = false;
  private branchTarget = 0;
  private branchNext = 0;
  /** The page of `buildOnce`. */
  private readonly loose: CodePage;
  private readonly looseAt: number;

  constructor(cpu: Cpu, bytes: number) {
    this.cpu = cpu;
    const { memory } = cpu;
    this.control = memory.allocate(CONTROL_BYTES, 16);
    this.looseAt = memory.allocate(BLOCK_ROOM + bytes, 16);
    this.start = this.looseAt;
    this.end = this.start + BLOCK_ROOM + bytes;
    this.selector = new Selector(memory.buffer);
    this.templates = new Templates(memory.buffer);
    const records = (this.end - this.start) / RECORD_BYTES;
    this.info = new Int32Array(records);
    this.pageOf = new Uint16Array(records);
    this.loose = {
      number: 0,
      hostPage: -1,
      context: -1,
      ripLow: 0,
      ripHigh: 0,
      end: 0,
      blocks: new Map(),
      pointers: [],
      singles: new Map(),
      stale: false,
    };
    this.top = this.looseAt + BLOCK_ROOM;
    cpu.i32[(this.control + Control.codeLines) >>> 2] = memory.codeLinesOffset;
    const { selector } = this;
    selector.at = this.control + Control.unlinked;
    selector.emit(unlinked, 0, 0, 0, 0, 0);
    selector.emit(unlinked, 0, 0, 0, 0, 0);
    this.reset();
  }

  /** Forgets everything. Pages stay marked: other vCPUs may have decoded from them, and a store clears the mark. */
  reset(): void {
    const { cpu } = this;
    cpu.changes++;
    this.byHost.clear();
    this.crossings.clear();
    this.contexts.clear();
    this.recent.fill(-1);
    for (const page of this.pages) page.stale = true;
    this.pages = [this.loose];
    this.loose.stale = false;
    this.top = this.looseAt + BLOCK_ROOM;
    const cache = (this.control + Control.jumpCache) >>> 2;
    cpu.i32.fill(-1, cache, cache + JUMP_CACHE_ENTRIES * 4);
    const known = (this.control + Control.contexts) >>> 2;
    cpu.i32.fill(0, known, known + KNOWN_CONTEXTS * 4);
  }

  /** The bytes [first, end) of a page of the buffer have changed; every tier that shares the memory is told. */
  invalidate(hostPage: number, first: number, end: number): void {
    const crossings = this.crossings.get(hostPage);
    if (crossings !== undefined) {
      this.cpu.changes++;
      this.dropCrossings(hostPage, crossings, first, end);
    }
    const views = this.byHost.get(hostPage);
    if (views === undefined) return;
    this.cpu.changes++;
    let blocks = 0;
    for (const { pointers, singles } of views) blocks += pointers.length + singles.size;
    if (blocks > MAX_SEARCHED) {
      this.forget(hostPage);
      // One of its blocks may be running, and must hear of the next store too.
      this.cpu.markCode(hostPage, first, end);
    } else for (const page of views) this.dropFrom(page, first, end);
  }

  /** Does a block of the page contain the byte at `at` and some of [first, end)? */
  covers(page: CodePage, at: number, first: number, end: number): boolean {
    for (const pointer of page.pointers) {
      const from = this.startOf(pointer);
      if (from > at || from >= end) continue;
      const to = this.endOf(pointer);
      if (to > at && to > first) return true;
    }
    return false;
  }

  private dropFrom(page: CodePage, first: number, end: number): void {
    const { blocks, pointers, singles, hostPage } = page;
    let kept = 0;
    for (const pointer of pointers) {
      const offset = this.startOf(pointer);
      if (this.isHit(hostPage, offset, this.endOf(pointer), first, end)) {
        blocks.delete(offset);
        this.close(pointer);
      } else pointers[kept++] = pointer;
    }
    if (kept < pointers.length) {
      pointers.length = kept;
      for (const pointer of pointers) this.unlink(pointer);
    }
    if (singles.size === 0) return;
    for (const [offset, pointer] of singles) {
      if (this.isHit(hostPage, offset, this.endOf(pointer), first, end)) singles.delete(offset);
    }
  }

  private dropCrossings(hostPage: number, list: readonly Crossing[], first: number, end: number): void {
    const kept = list.filter(({ page, offset, pointer, length }) => {
      // Those of before have been dropped by a store into their first half.
      if (page.stale || page.blocks.get(offset) !== pointer) return false;
      if (!this.isHit(hostPage, 0, length, first, end)) return true;
      page.blocks.delete(offset);
      page.pointers.splice(page.pointers.indexOf(pointer), 1);
      this.close(pointer);
      for (const other of page.pointers) this.unlink(other);
      return false;
    });
    if (kept.length === 0) this.crossings.delete(hostPage);
    else this.crossings.set(hostPage, kept);
  }

  /** Does [from, to) of a page contain bytes of [first, end)? Where it only shares a code line with them, the line is marked again. */
  private isHit(hostPage: number, from: number, to: number, first: number, end: number): boolean {
    if (from < end && to > first) return true;
    const [low, high] = [Math.max(from, first & ~LINE_MASK), Math.min(to, (end + LINE_MASK) & ~LINE_MASK)];
    if (low < high) this.cpu.markCode(hostPage, low, high);
    return false;
  }

  private startOf(pointer: number): number {
    return this.cpu.u16[(pointer + Field.a) >>> 1]!;
  }

  private endOf(pointer: number): number {
    return this.cpu.u16[(pointer + Field.b) >>> 1]!;
  }

  /** Takes the block's links to closed ones away: they would lead out each time. */
  private unlink(pointer: number): void {
    const { u16, u32 } = this.cpu;
    const record = u32[(pointer + Field.t) >>> 2]!;
    if (record === 0) return;
    this.unlinkAt(record + Field.imm);
    if (u16[record >>> 1] !== jump) this.unlinkAt(record + Field.t);
  }

  private unlinkAt(edge: number): void {
    const { u16, u32 } = this.cpu;
    const target = u32[edge >>> 2]!;
    if (u16[(target + RECORD_BYTES) >>> 1] === stale) u32[edge >>> 2] = this.control + Control.unlinked;
  }

  /** Forgets what was decoded from a page of the buffer. Blocks in use lead out at their end. */
  private forget(hostPage: number): void {
    const pages = this.byHost.get(hostPage);
    if (pages === undefined) return;
    this.byHost.delete(hostPage);
    for (const page of pages) {
      page.stale = true;
      for (const pointer of page.pointers) this.close(pointer);
    }
  }

  /** Whoever enters the block from now on leaves to TypeScript. */
  private close(pointer: number): void {
    const { u16 } = this.cpu;
    u16[(pointer + Field.d) >>> 1] = 0;
    u16[(pointer + RECORD_BYTES) >>> 1] = stale;
  }

  /** Number of the current context: mode key, CS base and limit. */
  context(codeBaseLow: number, codeBaseHigh: number, codeLimit: number): number {
    const key = this.cpu.modeKey;
    const { recent } = this;
    const hash = Math.imul(key ^ (codeBaseLow << 7) ^ codeLimit, 0x9e37_79b1);
    const at = (hash >>> (32 - RECENT_CONTEXTS_BITS)) * 5;
    if (
      recent[at] !== -1 &&
      recent[at + 1] === key &&
      recent[at + 2] === codeBaseLow &&
      recent[at + 3] === codeBaseHigh &&
      recent[at + 4] === codeLimit
    ) {
      return recent[at]!;
    }
    const text = `${key},${codeBaseLow},${codeBaseHigh},${codeLimit}`;
    let number = this.contexts.get(text);
    if (number === undefined) {
      if (this.contexts.size >= MAX_CONTEXTS) this.reset();
      // Never the same number again: pages and jump cache entries of before a reset may still be looked at.
      number = this.nextContext++;
      this.contexts.set(text, number);
    }
    recent[at] = number;
    recent[at + 1] = key;
    recent[at + 2] = codeBaseLow;
    recent[at + 3] = codeBaseHigh;
    recent[at + 4] = codeLimit;
    return number;
  }

  pageOfRecord(pointer: number): CodePage {
    return this.pages[this.pageOf[(pointer - this.start) >>> 4]!]!;
  }

  infoOf(pointer: number): number {
    return this.info[(pointer - this.start) >>> 4]!;
  }

  /** The code page; made when it is new. end: see CodePage. */
  page(hostPage: number, context: number, ripLow: number, ripHigh: number, end: number): CodePage {
    let list = this.byHost.get(hostPage);
    if (list !== undefined) {
      for (const page of list) {
        if (page.context === context && page.ripLow === ripLow && page.ripHigh === ripHigh) return page;
      }
    }
    if (this.pages.length >= MAX_PAGES) {
      this.reset();
      list = undefined;
    } else if (list !== undefined && list.length >= MAX_VIEWS) {
      this.forget(hostPage);
      list = undefined;
    }
    if (list === undefined) {
      list = [];
      this.byHost.set(hostPage, list);
    }
    const page: CodePage = {
      number: this.pages.length,
      hostPage,
      context,
      ripLow,
      ripHigh,
      end,
      blocks: new Map(),
      pointers: [],
      singles: new Map(),
      stale: false,
    };
    this.pages.push(page);
    list.push(page);
    return page;
  }

  /** Is there room for one more block? If not, everything has been forgotten, the page too. */
  makeRoom(): boolean {
    if (this.top + BLOCK_ROOM <= this.end) return true;
    this.reset();
    return false;
  }

  /** Pointer to the block (or, `single`, the block of one instruction) at a page offset; 0: the instruction leaves the page. */
  block(page: CodePage, offset: number, single: boolean): number {
    const known = (single ? page.singles : page.blocks).get(offset);
    if (known !== undefined) return known;
    const pointer = this.build(page, offset, single ? 1 : MAX_BLOCK);
    if (pointer === 0) return 0;
    (single ? page.singles : page.blocks).set(offset, pointer);
    if (!single) page.pointers.push(pointer);
    return pointer;
  }

  /** A block for one instruction that cannot be cached: its bytes are in `bytes[0 … have)`, RIP given. 0: truncated. */
  buildOnce(bytes: Uint8Array, have: number, ripLow: number, ripHigh: number): number {
    const { loose, insn, selector, cpu } = this;
    loose.ripLow = ripLow;
    loose.ripHigh = ripHigh;
    const key = cpu.modeKey;
    decodeInstruction(bytes, 0, have, modeKeyBitness(key), ripLow, ripHigh, insn);
    if (insn.error === DecodeError.Truncated) return 0;
    const header = this.looseAt;
    selector.at = header;
    selector.emit(HEADER, 1, 0, 0, 0, 0);
    this.info[0] = 0;
    this.one(loose, 0, key, 0, true, -1);
    this.finish(loose, header, 1);
    return header;
  }

  private build(page: CodePage, start: number, limit: number): number {
    const { cpu, insn, selector, top } = this;
    const key = cpu.modeKey;
    const bitness = modeKeyBitness(key);
    const base = page.hostPage * 4096;
    selector.at = top;
    selector.emit(HEADER, 0, start, 0, base, 0);
    this.info[(top - this.start) >>> 4] = start;
    let offset = start;
    let end = start;
    let count = 0;
    for (;;) {
      const low = (page.ripLow >>> 0) + offset;
      const carry = low > 0xffff_ffff ? 1 : 0;
      if (offset < page.end)
        decodeInstruction(cpu.u8, base + offset, base + page.end, bitness, low | 0, (page.ripHigh + carry) | 0, insn);
      if (offset >= page.end || insn.error === DecodeError.Truncated) {
        if (count === 0) return limit > 1 && page.end === 4096 && offset < 4096 ? this.buildCrossing(page, offset) : 0;
        this.jumpOut(page, offset);
        break;
      }
      count++;
      // What is no instruction may be one with other bytes behind it.
      end = offset + (insn.error === DecodeError.None ? insn.length : MAX_INSTRUCTION_BYTES);
      const last = count === limit || selector.at - top > BLOCK_ROOM / 2;
      if (this.one(page, offset, key, count - 1, last, base + offset)) break;
      offset += insn.length;
    }
    end = Math.min(end, page.end);
    cpu.u16[(top + Field.d) >>> 1] = count;
    cpu.u16[(top + Field.b) >>> 1] = end;
    cpu.markCode(page.hostPage, start, end);
    this.top = this.finish(page, top, count);
    return top;
  }

  /**
   * A block for the instruction that begins at `offset` and ends in the next page, when that is in the fetch TLB. It
   * begins with a look whether it still is, and goes when either page changes. 0: not now.
   */
  private buildCrossing(page: CodePage, offset: number): number {
    const { cpu, insn, selector, top, crossings } = this;
    const { code64 } = cpu;
    const baseLow = code64 ? 0 : cpu.u32[(cpu.base + segmentBaseOffset(SegmentIndex.CS)) >>> 2]!;
    const low = (page.ripLow >>> 0) + baseLow + 4096;
    // Elsewhere the limit of CS could lie between the pages.
    const isFlat = code64 || (cpu.get32(segmentLimitOffset(SegmentIndex.CS)) === 0xffff_ffff && low <= 0xffff_ffff);
    if (!isFlat) return 0;
    const high = code64 ? (page.ripHigh + (low > 0xffff_ffff ? 1 : 0)) | 0 : 0;
    const second = cpu.tlb.lookup(cpu.u32[(cpu.base + StateOffset.tlbFetch) >>> 2]!, low | 0, high);
    if (second === -1) return 0;
    const bytes = new Uint8Array(MAX_INSTRUCTION_BYTES);
    const here = 4096 - offset;
    bytes.set(cpu.u8.subarray(page.hostPage * 4096 + offset, page.hostPage * 4096 + 4096));
    bytes.set(cpu.u8.subarray(second, second + MAX_INSTRUCTION_BYTES - here), here);
    const key = cpu.modeKey;
    const rip = (page.ripLow >>> 0) + offset;
    const ripHigh = (page.ripHigh + (rip > 0xffff_ffff ? 1 : 0)) | 0;
    decodeInstruction(bytes, 0, MAX_INSTRUCTION_BYTES, modeKeyBitness(key), rip | 0, ripHigh, insn);
    if (insn.error !== DecodeError.None) return 0;
    selector.at = top;
    selector.emit(HEADER, 1, offset, 4096, page.hostPage * 4096, 0);
    selector.emit(cross, 0, 0, 0, low | 0, high);
    selector.emit(data, 0, 0, 0, second, 0);
    for (let n = 0; n < 3; n++) this.info[((top - this.start) >>> 4) + n] = offset;
    this.one(page, offset, key, 0, true, -1);
    this.top = this.finish(page, top, 1);
    let list = crossings.get(second >>> 12);
    if (list === undefined) {
      list = [];
      crossings.set(second >>> 12, list);
    }
    list.push({ page, offset, pointer: top, length: insn.length - here });
    cpu.markCode(page.hostPage, offset, 4096);
    cpu.markCode(second >>> 12, 0, insn.length - here);
    return top;
  }

  /** Records of the instruction in `insn`; true: the block ends with it. `last`: it must. at: its bytes, −1: nowhere. */
  private one(page: CodePage, offset: number, key: number, index: number, last: boolean, at: number): boolean {
    const { insn, selector, info } = this;
    const first = selector.at;
    const { length } = insn;
    const word = offset | (length << 12) | (index << 16);
    const low = (page.ripLow >>> 0) + offset;
    selector.ripLow = low | 0;
    selector.length = length;
    selector.ripHigh = modeKeyBitness(key) === 64 ? (page.ripHigh + (low > 0xffff_ffff ? 1 : 0)) | 0 : 0;
    const end = this.records(key, at);
    const firstInfo = (first - this.start) >>> 4;
    const endInfo = (selector.at - this.start) >>> 4;
    for (let n = firstInfo; n < endInfo; n++) info[n] = word;
    const next = offset + length;
    switch (end) {
      case End.Next:
      case End.NextBlock:
        if (!last && end === End.Next && next < page.end) return false;
        this.jumpOut(page, next);
        return true;
      case End.Jump: {
        const target = this.pageOffset(page, selector.targetLow, selector.targetHigh);
        if (target >= 0) this.jumpOut(page, target);
        else {
          info[(selector.at - this.start) >>> 4] = word;
          selector.emit(jumpFar, 0, 0, 0, selector.targetLow, selector.targetHigh);
        }
        return true;
      }
      case End.Branch:
        this.branchEnds = true;
        this.branchTarget = this.pageOffset(page, selector.targetLow, selector.targetHigh);
        this.branchNext = next;
        return true;
      case End.Repeat:
        this.setTarget(page, offset);
        this.branchEnds = true;
        this.branchTarget = page.hostPage === -1 ? -1 : offset;
        this.branchNext = next;
        return true;
      default:
        return true;
    }
  }

  /** Writes the records of the instruction in `insn`, or copies those of an earlier one; gives how it ends. */
  private records(key: number, at: number): End {
    const { insn, selector, builder, templates } = this;
    const known = at < 0 ? 0 : templates.find(at, insn, key);
    if (known !== 0) {
      selector.at = templates.copy(known, selector.at);
      const end = templates.endOf(known) as End;
      if (end === End.Branch) branchOnCode(selector, templates.conditionOf(known));
      selector.targetLow = insn.targetLow;
      selector.targetHigh = insn.targetHigh;
      return end;
    }
    if (!lift(insn, this.cpu.liftModeFor(key), builder)) {
      selector.emit(leave, 0, 0, 0, Leave.Unimplemented, 0);
      return End.Done;
    }
    const first = selector.at;
    const end = selector.instruction(builder.rows, builder.count, key);
    if (at < 0 || selector.usedRip) return end;
    if (end === End.Next || end === End.NextBlock) templates.add(first, selector.at, end);
    else if (insn.opKind0 === OpKind.NearBranch) {
      if (end === End.Jump) templates.add(first, selector.at, end);
      else if (end === End.Branch && selector.condition >= 0 && selector.at === first + RECORD_BYTES)
        templates.add(first, first, end, selector.condition);
    }
    return end;
  }

  /** RIP of a page offset as the target of a branch, wrapped as the code's width wants. */
  private setTarget(page: CodePage, offset: number): void {
    const { selector } = this;
    const low = (page.ripLow >>> 0) + offset;
    selector.targetLow = low | 0;
    selector.targetHigh =
      modeKeyBitness(this.cpu.modeKey) === 64 ? (page.ripHigh + (low > 0xffff_ffff ? 1 : 0)) | 0 : 0;
  }

  private pageOffset(page: CodePage, low: number, high: number): number {
    if (page.hostPage === -1) return -1;
    const difference = (low >>> 0) - (page.ripLow >>> 0);
    const borrow = difference < 0 ? 1 : 0;
    if (((high - page.ripHigh - borrow) | 0) !== 0) return -1;
    const offset = difference >>> 0;
    return offset < 4096 ? offset : -1;
  }

  private isLinkable(page: CodePage, offset: number): boolean {
    return page.hostPage !== -1 && offset < 4096;
  }

  /** Goes on at a page offset, which may be the one behind the page. */
  private jumpOut(page: CodePage, offset: number): void {
    const { selector, info } = this;
    const at = selector.at;
    if (this.isLinkable(page, offset)) {
      info[(at - this.start) >>> 4] = offset;
      selector.emit(jump, 0, 0, 0, this.linked(page, offset), 0);
    } else {
      this.setTarget(page, offset);
      info[(at - this.start) >>> 4] = 0;
      selector.emit(jumpFar, 0, 0, 0, selector.targetLow, selector.targetHigh);
    }
  }

  private linked(page: CodePage, offset: number): number {
    return page.blocks.get(offset) ?? this.control + Control.unlinked;
  }

  /** Optimises and numbers the block, then ties its branch; gives the end of its records. */
  private finish(page: CodePage, header: number, count: number): number {
    const { cpu, selector, info, pageOf } = this;
    const first = header + RECORD_BYTES;
    const firstInfo = (first - this.start) >>> 4;
    if (dropDeadFlags(cpu.u16, first, selector.at))
      selector.at = compact(cpu.i32, cpu.u16, first, selector.at, info, firstInfo);
    for (let n = firstInfo; n < (selector.at - this.start) >>> 4; n++) {
      const word = info[n]!;
      if (isLinked[cpu.u16[(this.start + n * RECORD_BYTES) >>> 1]!] === 1) continue;
      info[n] = (word & 0xffff) | ((count - (word >>> 16)) << 16);
    }
    const last = selector.at - RECORD_BYTES;
    if (isLinked[cpu.u16[last >>> 1]!] === 1) cpu.i32[(header + Field.t) >>> 2] = last;
    if (this.branchEnds) this.tieBranch(page);
    for (let n = (header - this.start) >>> 4; n < (selector.at - this.start) >>> 4; n++) pageOf[n] = page.number;
    return selector.at;
  }

  /** Fills the pointers of the block's last record. */
  private tieBranch(page: CodePage): void {
    const { selector, cpu, info } = this;
    this.branchEnds = false;
    const record = selector.at - RECORD_BYTES;
    const target = this.branchTarget;
    const next = this.branchNext;
    const { swapped } = selector;
    const taken = target >= 0 ? this.linked(page, target) : this.island();
    let fall: number;
    if (this.isLinkable(page, next)) fall = this.linked(page, next);
    else {
      this.setTarget(page, next);
      fall = this.island();
    }
    cpu.i32[(record + Field.imm) >>> 2] = swapped ? fall : taken;
    cpu.i32[(record + Field.t) >>> 2] = swapped ? taken : fall;
    const [first, second] = swapped ? [next, target] : [target, next];
    info[(record - this.start) >>> 4] = (first & 0xfff) | ((second & 0xfff) << 12);
  }

  /** A header that costs nothing and a jump to the selector's target; gives its pointer. */
  private island(): number {
    const { selector } = this;
    const pointer = selector.at;
    selector.emit(HEADER, 0, 0, 0, 0, 0);
    selector.emit(jumpFar, 0, 0, 0, selector.targetLow, selector.targetHigh);
    return pointer;
  }

  /** The pointer at byte offset `edge` (in a branch record) leads to this page offset. */
  edgeOffset(edge: number): number {
    const record = (edge - this.start) & ~15;
    const word = this.info[record >>> 4]!;
    return (edge & 15) === Field.imm ? word & 0xfff : (word >>> 12) & 0xfff;
  }
}
