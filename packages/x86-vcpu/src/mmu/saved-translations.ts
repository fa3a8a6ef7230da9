/**
 * The TLB as part of a saved processor. A guest can tell what is in it: an entry whose accessed or dirty bit it has cleared, or that it has
 * changed, without an invalidation (Linux does so when it looks for pages nobody uses) works as before, while a new walk would set the bits again
 * and find the change. So a processor with an empty TLB is not the same processor.
 */
import type { Cpu } from "../cpu.ts";
import { TLB_ENTRIES, TLB_TABLES, TlbContext, TlbFlag } from "../tlb.ts";
import { pageHasDataBreakpoint } from "./breakpoints.ts";
import { installForWriting } from "./linear.ts";

/**
 * Words of one translation: bits 31:12 of the page's linear address, its table (bits 2:0) and kind (TlbFlag Global, Large and Huge in bits 5:3);
 * bits 63:32 of the linear address; bits 31:12, then 63:32, of the guest-physical one.
 */
const WORDS = 4;
const TABLE_MASK = 7;
const KIND_SHIFT = 3;
const KIND_MASK = TlbFlag.Global | TlbFlag.Large | TlbFlag.Huge;
const UNUSED = 0xfff & ~(TABLE_MASK | (KIND_MASK << KIND_SHIFT));

/** In order of their places, so that equal processors give equal words. */
export function saveTranslations(cpu: Cpu): Uint32Array {
  const words: number[] = [];
  cpu.tlb.visit((table, low, high, host, kind) => {
    const gpa = cpu.memory.gpaOf(host);
    words.push(low | table | (kind << KIND_SHIFT), high, gpa, Math.floor(gpa / 0x1_0000_0000));
  });
  return Uint32Array.from(words);
}

/** Whether `loadTranslations` may take them: they lead to memory of the guest, those for writing to RAM. @throws RangeError */
export function checkTranslations(cpu: Cpu, words: ArrayLike<number>): void {
  const most = TLB_TABLES * TLB_ENTRIES;
  if (words.length % WORDS !== 0 || words.length > most * WORDS) {
    throw new RangeError(`translations: at most ${most} of ${WORDS} words each expected, found ${words.length} words`);
  }
  const firstForWriting = cpu.tlb.writeTable(TlbContext.Supervisor);
  const firstForFetching = cpu.tlb.fetchTable(TlbContext.Supervisor);
  for (let at = 0; at < words.length; at += WORDS) {
    const { table, gpa, isClean } = translationAt(cpu, words, at);
    const isForWriting = table >= firstForWriting && table < firstForFetching;
    if (isClean && (isForWriting ? cpu.memory.isWritable(gpa) : cpu.memory.hostOffset(gpa) >= 0)) continue;
    const wanted = isForWriting ? "a page of RAM" : "a page of RAM or ROM";
    throw new RangeError(`translations[${at / WORDS}]: ${wanted} expected, found 0x${gpa.toString(16)}`);
  }
}

/** Into an empty TLB. Breakpoints are loaded: pages that hold one never have entries. */
export function loadTranslations(cpu: Cpu, words: ArrayLike<number>): void {
  const { tlb, memory } = cpu;
  const firstForWriting = tlb.writeTable(TlbContext.Supervisor);
  const firstForFetching = tlb.fetchTable(TlbContext.Supervisor);
  for (let at = 0; at < words.length; at += WORDS) {
    const { table, low, high, kind, gpa } = translationAt(cpu, words, at);
    const page = memory.hostOffset(gpa);
    if (table < firstForFetching && pageHasDataBreakpoint(cpu, low, high)) continue;
    if (table >= firstForWriting && table < firstForFetching) installForWriting(cpu, table, low, high, page, kind);
    else tlb.install(table, low, high, page, kind);
  }
}

interface Translation {
  /** Byte offset of its table. */
  readonly table: number;
  readonly low: number;
  readonly high: number;
  readonly kind: number;
  readonly gpa: number;
  /** Whole pages, and no bits that mean nothing. */
  readonly isClean: boolean;
}

function translationAt(cpu: Cpu, words: ArrayLike<number>, at: number): Translation {
  const [first, high, gpaLow, gpaHigh] = [words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!];
  return {
    table: cpu.tlb.tableAt(first & TABLE_MASK),
    low: first & ~0xfff,
    high: high | 0,
    kind: (first >>> KIND_SHIFT) & KIND_MASK,
    gpa: (gpaHigh >>> 0) * 0x1_0000_0000 + (gpaLow >>> 0),
    isClean: (first & UNUSED) === 0 && (gpaLow & 0xfff) === 0,
  };
}
