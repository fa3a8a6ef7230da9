/** All of a processor's state as plain data with named fields. Decoded code is not state. */
import type { Cpu } from "./cpu.ts";
import { checkTranslations, loadTranslations, saveTranslations } from "./mmu/saved-translations.ts";
import {
  type SegmentName,
  segmentAttributesOffset,
  segmentBaseOffset,
  segmentLimitOffset,
  segmentNames,
  segmentSelectorOffset,
} from "./segment.ts";
import { type StateFieldOffset, StateOffset } from "./state-layout.ts";

const words64 = [
  "rip",
  "retired",
  "fip",
  "fdp",
  "gdtrBase",
  "idtrBase",
  "cr0",
  "cr2",
  "cr3",
  "cr4",
  "cr8",
  "xcr0",
  "efer",
  "star",
  "lstar",
  "cstar",
  "sfmask",
  "kernelGsBase",
  "sysenterCs",
  "sysenterEsp",
  "sysenterEip",
  "tscOffset",
  "pat",
  "apicBase",
  "miscEnable",
] as const satisfies readonly StateFieldOffset[];
const words32 = [
  "cpl",
  "mxcsr",
  "tscAux",
  "pkru",
  "gdtrLimit",
  "idtrLimit",
] as const satisfies readonly StateFieldOffset[];
const words16 = ["fcw", "fsw", "ftw", "fop", "fcs", "fds"] as const satisfies readonly StateFieldOffset[];

const gprNames = [
  "rax",
  "rcx",
  "rdx",
  "rbx",
  "rsp",
  "rbp",
  "rsi",
  "rdi",
  "r8",
  "r9",
  "r10",
  "r11",
  "r12",
  "r13",
  "r14",
  "r15",
] as const;

export interface SavedSegment {
  readonly selector: number;
  readonly base: bigint;
  readonly limit: number;
  /** As segment.ts has them. */
  readonly attributes: number;
}

/** Version 1. */
export interface CpuState {
  readonly version: 1;
  readonly registers: { readonly [K in (typeof gprNames)[number]]: bigint };
  readonly rflags: number;
  readonly words64: { readonly [K in (typeof words64)[number]]: bigint };
  readonly words32: { readonly [K in (typeof words32)[number]]: number };
  readonly words16: { readonly [K in (typeof words16)[number]]: number };
  readonly segments: { readonly [K in SegmentName]: SavedSegment };
  /** 16 bytes each: XMM0–15, and the x87 registers R0–R7. */
  readonly xmm: Uint8Array;
  readonly x87: Uint8Array;
  /** DR0–3, 6 and 7 by number. */
  readonly debug: Readonly<Record<number, bigint>>;
  readonly pdpte: Int32Array;
  readonly mtrrs: ReadonlyMap<number, bigint>;
  readonly events: {
    readonly stiShadowAt: number;
    readonly movSsShadowAt: number;
    readonly resumeFlagAt: number;
    readonly nmiBlocked: boolean;
    readonly pendingDr6: number;
    /** Absent in states of before: false. */
    readonly waitsForStartup?: boolean;
  };
  readonly randomState: bigint;
  /** The TLB, as saved-translations.ts has it. Absent in states of before: empty. */
  readonly translations?: Uint32Array;
}

const XMM_BYTES = 256;
const X87_BYTES = 128;
const debugNumbers = [0, 1, 2, 3, 6, 7] as const;
const collect = <K extends string, V>(names: readonly K[], value: (name: K) => V): { [P in K]: V } =>
  Object.fromEntries(names.map((name) => [name, value(name)])) as { [P in K]: V };

export function saveCpu(cpu: Cpu): CpuState {
  const bytes = (offset: number, count: number): Uint8Array =>
    cpu.u8.slice(cpu.base + offset, cpu.base + offset + count);
  // What held for an instruction of before holds for none.
  const here = (retired: number): number => (retired === cpu.retired ? retired : -1);
  return {
    version: 1,
    registers: collect(gprNames, (name) => cpu.readGpr(gprNames.indexOf(name))),
    rflags: cpu.readRflags(),
    words64: collect(words64, (name) => cpu.get64(StateOffset[name])),
    words32: collect(words32, (name) => cpu.get32(StateOffset[name])),
    words16: collect(words16, (name) => cpu.get16(StateOffset[name])),
    segments: collect(segmentNames, (name) => {
      const index = segmentNames.indexOf(name);
      return {
        selector: cpu.get16(segmentSelectorOffset(index)),
        base: cpu.get64(segmentBaseOffset(index)),
        limit: cpu.get32(segmentLimitOffset(index)),
        attributes: cpu.get16(segmentAttributesOffset(index)),
      };
    }),
    xmm: bytes(StateOffset.xmm, XMM_BYTES),
    x87: bytes(StateOffset.x87, X87_BYTES),
    debug: Object.fromEntries(debugNumbers.map((n) => [n, cpu.get64(StateOffset.dr + n * 8)])),
    pdpte: cpu.pdpte.slice(),
    mtrrs: new Map(cpu.mtrrs),
    events: {
      stiShadowAt: here(cpu.stiShadowAt),
      movSsShadowAt: here(cpu.movSsShadowAt),
      resumeFlagAt: cpu.get32(StateOffset.repeating) !== 0 ? cpu.retired : here(cpu.resumeFlagAt),
      nmiBlocked: cpu.nmiBlocked,
      pendingDr6: cpu.pendingDr6,
      waitsForStartup: cpu.waitsForStartup,
    },
    randomState: cpu.randomState,
    translations: saveTranslations(cpu),
  };
}

/** Throws a RangeError for another version, and for translations to what is not the guest's. */
export function checkCpu(cpu: Cpu, state: CpuState): void {
  if (state.version !== 1) throw new RangeError(`processor state of version ${String(state.version)}; expected 1`);
  checkTranslations(cpu, state.translations ?? []);
}

/** The caller has checked the state, and reset the processor. */
export function loadCpu(cpu: Cpu, state: CpuState): void {
  for (const [n, name] of gprNames.entries()) cpu.writeGpr(n, state.registers[name]);
  for (const name of words64) cpu.set64(StateOffset[name], state.words64[name]);
  for (const name of words32) cpu.set32(StateOffset[name], state.words32[name]);
  for (const name of words16) cpu.set16(StateOffset[name], state.words16[name]);
  for (const [index, name] of segmentNames.entries()) {
    const { selector, base, limit, attributes } = state.segments[name];
    cpu.set16(segmentSelectorOffset(index), selector);
    cpu.set64(segmentBaseOffset(index), base);
    cpu.set32(segmentLimitOffset(index), limit);
    cpu.set16(segmentAttributesOffset(index), attributes);
  }
  cpu.u8.set(state.xmm.subarray(0, XMM_BYTES), cpu.base + StateOffset.xmm);
  cpu.u8.set(state.x87.subarray(0, X87_BYTES), cpu.base + StateOffset.x87);
  for (const n of debugNumbers) cpu.set64(StateOffset.dr + n * 8, state.debug[n] ?? 0n);
  cpu.pdpte.set(state.pdpte.subarray(0, 8));
  cpu.mtrrs.clear();
  for (const [index, value] of state.mtrrs) cpu.mtrrs.set(index, value);
  cpu.writeRflags(state.rflags);
  cpu.stiShadowAt = state.events.stiShadowAt;
  cpu.movSsShadowAt = state.events.movSsShadowAt;
  cpu.resumeFlagAt = state.events.resumeFlagAt;
  cpu.nmiBlocked = state.events.nmiBlocked;
  cpu.pendingDr6 = state.events.pendingDr6;
  cpu.waitsForStartup = state.events.waitsForStartup ?? false;
  cpu.randomState = state.randomState;
  loadTranslations(cpu, state.translations ?? []);
}
