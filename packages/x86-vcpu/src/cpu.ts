/**
 * The processor as helpers and tiers see it: state and memory as bytes, the MMU, pending exceptions and exits.
 * Nothing here decides when to run or what to do with an exit; that is `Vcpu`.
 */
import type { LiftMode } from "x86-lift";
import { Cr0, Cr4, Efer, Rflags, statusFlags } from "./control-bits.ts";
import { flagsToLazy, lazyToFlags } from "./flags.ts";
import { HelperStatus } from "./helper.ts";
import { createIntercepts, type Intercepts } from "./intercepts.ts";
import type { CpuMemory } from "./memory.ts";
import { PageFlag } from "./memory.ts";
import type { Watchpoint } from "./mmu/breakpoints.ts";
import { fetchInstruction } from "./mmu/fetch.ts";
import { loadLinear, storeLinear, translate } from "./mmu/linear.ts";
import { MmioReplay } from "./mmu/mmio-replay.ts";
import { createWalk, type Walk } from "./mmu/page-walk.ts";
import { segmentedToLinear } from "./mmu/segmentation.ts";
import { type ModeKeyField, ModeKeyShift, modeKeyToLiftMode } from "./mode-key.ts";
import { SegmentAttribute, SegmentIndex, segmentAttributesOffset, segmentLimitOffset } from "./segment.ts";
import { STATE_BYTES, StateOffset } from "./state-layout.ts";
import { TLB_BYTES, Tlb, TlbContext } from "./tlb.ts";
import { createVmExit, type VmExit } from "./vm-exit.ts";

/** The CPUID policy as the processor sees it. */
export interface CpuFeatures {
  /** Names as x86-decode spells CPUID features, lower case. */
  has(name: string): boolean;
}

export interface CpuOptions {
  readonly memory: CpuMemory;
  readonly features: CpuFeatures;
  /** MAXPHYADDR: 36–52; larger bits of paging entries are reserved. */
  readonly physicalAddressBits: number;
  /** The time-stamp counter before TSC offset, a pure function of retired instructions. */
  readonly readTsc: (retired: number) => bigint;
}

/** The task priority of a local APIC, bits 7:4 of its TPR, as CR8 shows it: 0–15. */
export interface TaskPriority {
  read(): number;
  write(value: number): void;
}

/** What an access wants; numbers as in `MemoryAccess` rows of the #PF error code logic. */
export const Access = { Read: 0, Write: 1, Fetch: 2 } as const;
export type Access = (typeof Access)[keyof typeof Access];

/** Results of `translate` and `fetchInstruction` that are no host offset: a fault or an exit is pending. */
export const TRANSLATE_FAULT = -1;
export const TRANSLATE_EXIT = -2;

const UNUSABLE_OR_PRESENT = SegmentAttribute.Unusable | SegmentAttribute.Present;

/** 64-bit code, flat whatever its segments say. */
const CODE64_KEY = 2 | (0xf << ModeKeyShift.flatES);
/** In a word of `keyedSegments`, above the attributes: it has been made, and for which mode. */
const SEGMENT_KNOWN = 1 << 16;
const SEGMENT_PROTECTED = 1 << 17;
const SEGMENT_8086 = 1 << 18;
/** Of 32-bit words of the state block: V8 takes functions that name constants into their callers sooner. */
const [RIP, FLAGS] = [StateOffset.rip / 4, StateOffset.rflagsOther / 4];
const [RETIRED, REPEATING] = [StateOffset.retired / 4, StateOffset.repeating / 4];

const keyedCr0Bits: readonly (readonly [number, ModeKeyField])[] = [
  [Cr0.PE, "protectedMode"],
  [Cr0.TS, "ts"],
  [Cr0.EM, "em"],
  [Cr0.MP, "mp"],
  [Cr0.NE, "ne"],
];
const keyedCr4Bits: readonly (readonly [number, ModeKeyField])[] = [
  [Cr4.OSFXSR, "osfxsr"],
  [Cr4.OSXMMEXCPT, "osxmmexcpt"],
  [Cr4.TSD, "tsd"],
  [Cr4.PCE, "pce"],
  [Cr4.UMIP, "umip"],
  [Cr4.FSGSBASE, "fsgsbase"],
  [Cr4.OSXSAVE, "osxsave"],
  [Cr4.PKE, "pke"],
  [Cr4.DE, "de"],
  [Cr4.VME, "vme"],
  [Cr4.PVI, "pvi"],
];

/** Of an answer to an exit: `end` stays, and is not reached yet. */
export const AS_BEFORE = -1;

export class Cpu {
  readonly memory: CpuMemory;
  readonly features: CpuFeatures;
  readonly physicalAddressBits: number;
  readonly readTsc: (retired: number) => bigint;
  /** Byte offset of the state block: StateOffset fields are relative to it. Multiple of 4,096. */
  readonly base: number;

  /** Views of the whole linear memory. */
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly u64: BigUint64Array;
  readonly view: DataView;

  /** Byte offset of 576 bytes for FXSAVE and XSAVE images on their way. */
  readonly image: number;
  readonly tlb: Tlb;
  /** Scratch result of the last page walk. */
  readonly walk: Walk = createWalk();
  /** PAE paging outside long mode: the four PDPTE registers (SDM vol. 3 §5.4.1), low and high words. */
  readonly pdpte: Int32Array = new Int32Array(8);
  /** MMIO accesses of the current instruction that the hypervisor has already done. */
  readonly replay: MmioReplay = new MmioReplay();

  /** The VM exit being reported; valid when a helper or tier returned Exit. */
  readonly exit: VmExit = createVmExit();
  /** The form of `exit`, if that is a port instruction's: see `ioForm`. */
  ioForm = -1;

  /** The exception that `raise` recorded; vector −1 for none. */
  pendingVector = -1;
  pendingErrorCode: number | undefined = undefined;
  /** #PF: CR2's value-to-be. */
  pendingCr2 = 0n;

  /**
   * INT3, INTO and INT1 raise exceptions that are traps: the length of the instruction, which lies behind the RIP to
   * push, and whether gates are checked against the CPL. Length 0: a fault, or a trap after its instruction.
   */
  pendingTrapLength = 0;
  pendingIsSoftware = false;
  /** #DB: bits of DR6 to set when it is delivered. */
  pendingDr6 = 0;

  /** State of the generator behind RDRAND and RDSEED. */
  randomState = 0n;
  /** MTRRs that were written, by MSR number. */
  readonly mtrrs = new Map<number, bigint>();

  /** Linear address that `toLinear` computed. */
  linearLow = 0;
  linearHigh = 0;

  /**
   * Interrupt shadows end with the next instruction: each holds for the instruction at which `retired` has this value.
   * −1: none.
   */
  stiShadowAt = -1;
  movSsShadowAt = -1;
  /** What CR8 stands for, when a local APIC has it; else the register of its own. */
  taskPriority: TaskPriority | undefined = undefined;
  /** After INIT a processor waits for a start-up interrupt and does nothing else. */
  waitsForStartup = false;
  /** NMIs are blocked from delivery of one until IRET. */
  nmiBlocked = false;
  /** Bits of DR6 that data and I/O breakpoints of the current instruction have matched. */
  matchedBreakpoints = 0;
  /** A debugger's, and the one that was met since it was last asked. */
  watchpoints: readonly Watchpoint[] = [];
  metWatchpoint: Watchpoint | undefined = undefined;
  /** Accesses to control and debug registers that exit. */
  readonly intercepts: Intercepts = createIntercepts();
  /** The instruction that just retired takes no single-step trap (INT n and its kin). */
  suppressStep = false;
  /** Set by `Vcpu`: must a tier stop at `refresh` because something waits for a change of state? */
  wantsAttention: () => boolean = () => false;
  /** `retired` at which the budget is spent. */
  end = 0;
  /** `onExit` gave an end that is there, in the middle of a tier's run. */
  isOver = false;
  /**
   * Set by `Vcpu`, for tiers: answers the exit in `exit` without unwinding and gives what is to be `end` (see `moveEnd`), or `AS_BEFORE`. RIP and counts are exact.
   * What must be seen to before the next instruction asks for attention. Undefined: it goes the usual way.
   */
  onExit: ((exit: VmExit) => number) | undefined = undefined;
  /**
   * Set by `Vcpu`, for tiers: may the pending fault be delivered with the tier running? Then CR2 is what it is to be.
   */
  mayDeliver: () => boolean = () => false;
  /**
   * Set by `Vcpu`, for tiers, which have asked `mayDeliver`: delivers the pending fault if nothing is in the way. RIP and counts are exact; true: the handler's first
   * instruction is at RIP, the mode key is up to date, and the tier counts one instruction. False: nothing has happened.
   */
  deliverFault: () => boolean = () => false;
  /** See `Vcpu.exceptionBitmap`. */
  exceptionBitmap = 0;
  /** Counts calls of `updateModeKey` and what tiers forget. */
  changes = 0;

  /** CR0, CR4 and EFER from which `controlKey` was made. */
  private keyedCr0 = 0;
  private keyedCr4 = 0;
  private keyedEfer = 0;
  private controlKey = 0;
  private readonly liftModes = new Map<number, LiftMode>();

  constructor(options: CpuOptions) {
    const { memory } = options;
    this.memory = memory;
    this.features = options.features;
    this.physicalAddressBits = options.physicalAddressBits;
    this.readTsc = options.readTsc;
    const { buffer } = memory;
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u64 = new BigUint64Array(buffer, 0, buffer.byteLength >>> 3);
    this.view = new DataView(buffer);
    this.base = memory.allocate(STATE_BYTES, 4096);
    this.image = memory.allocate(576, 64);
    this.tlb = new Tlb(buffer, memory.allocate(TLB_BYTES, 4096));
    memory.onCodePage((hostPage) => this.tlb.guardWritesTo(hostPage));
  }

  // ---- state, by StateOffset

  get32(offset: number): number {
    return this.u32[(this.base + offset) >>> 2]!;
  }

  set32(offset: number, value: number): void {
    this.u32[(this.base + offset) >>> 2] = value;
  }

  get16(offset: number): number {
    return this.u16[(this.base + offset) >>> 1]!;
  }

  set16(offset: number, value: number): void {
    this.u16[(this.base + offset) >>> 1] = value;
  }

  get64(offset: number): bigint {
    return this.u64[(this.base + offset) >>> 3]!;
  }

  set64(offset: number, value: bigint): void {
    this.u64[(this.base + offset) >>> 3] = value;
  }

  /** Do exceptions of this vector exit instead of being delivered? */
  isIntercepted(vector: number): boolean {
    return ((this.exceptionBitmap >>> vector) & 1) !== 0;
  }

  /** Grows with all that may make the rest of a running block another than what whoever looks for it anew would find. */
  get version(): number {
    return this.changes + this.tlb.drops;
  }

  /** The exit has been answered with another end. True: what the tier has been given to run reaches beyond it, or it is there. */
  moveEnd(end: number): boolean {
    const isShorter = end < this.end;
    this.end = end;
    this.isOver = end <= this.retired;
    return isShorter || this.isOver;
  }

  /** Instructions retired since reset, exact to 2^53. */
  get retired(): number {
    const at = (this.base + StateOffset.retired) >>> 2;
    return this.u32[at]! + this.u32[at + 1]! * 0x1_0000_0000;
  }

  set retired(value: number) {
    this.setCount(StateOffset.retired, value);
  }

  /** One instruction of so many bytes more has retired, or, with 0, an iteration of one that goes on. */
  retire(length: number): void {
    const { i32, base } = this;
    this.moveRip(length);
    const state = base >>> 2;
    i32[state + REPEATING] = length === 0 ? 1 : 0;
    const low = (i32[state + RETIRED]! + 1) | 0;
    i32[state + RETIRED] = low;
    if (low === 0) this.carryInto(state + RETIRED);
  }

  /** A u64 field from a number below 2^53. */
  setCount(offset: number, value: number): void {
    const at = (this.base + offset) >>> 2;
    this.u32[at] = value;
    this.u32[at + 1] = value / 0x1_0000_0000;
  }

  /** RFLAGS.RF reads as set only while `retired` has this value: every instruction that completes clears it. −1: never. */
  get resumeFlagAt(): number {
    const at = (this.base + StateOffset.resumeFlagAt) >>> 2;
    return this.i32[at + 1]! < 0 ? -1 : this.u32[at]! + this.i32[at + 1]! * 0x1_0000_0000;
  }

  set resumeFlagAt(value: number) {
    const at = (this.base + StateOffset.resumeFlagAt) >>> 2;
    this.i32[at] = value < 0 ? -1 : value;
    this.i32[at + 1] = value < 0 ? -1 : value / 0x1_0000_0000;
  }

  get rip(): bigint {
    return this.get64(StateOffset.rip);
  }

  set rip(value: bigint) {
    this.set64(StateOffset.rip, value);
  }

  /** RIP ← RIP + bytes, in 64 or, outside 64-bit code, 32 bits. */
  moveRip(bytes: number): void {
    const { i32, base } = this;
    const at = (base >>> 2) + RIP;
    const sum = (i32[at]! + bytes) | 0;
    i32[at] = sum;
    // What has wrapped is small.
    if (sum >= 0 && sum < bytes && this.code64) this.carryInto(at);
  }

  /** The low word at this index of `i32` has wrapped. */
  private carryInto(at: number): void {
    this.i32[at + 1] = this.i32[at + 1]! + 1;
  }

  /** Is there anything for `Vcpu.advanceRip` to see to, behind an instruction that the hypervisor has emulated? */
  get hasAftermath(): boolean {
    const isTrapping = (this.i32[(this.base >>> 2) + FLAGS]! & Rflags.TF) !== 0;
    return isTrapping || this.matchedBreakpoints !== 0 || this.replay.isUsed;
  }

  get cpl(): number {
    return this.get32(StateOffset.cpl);
  }

  set cpl(value: number) {
    this.set32(StateOffset.cpl, value);
  }

  /** General register 0–15. */
  readGpr(index: number): bigint {
    return this.u64[((this.base + StateOffset.gpr) >>> 3) + index]!;
  }

  writeGpr(index: number, value: bigint): void {
    this.u64[((this.base + StateOffset.gpr) >>> 3) + index] = value;
  }

  get cr0(): number {
    return this.get32(StateOffset.cr0);
  }

  get cr4(): number {
    return this.get32(StateOffset.cr4);
  }

  get efer(): number {
    return this.get32(StateOffset.efer);
  }

  get protectedMode(): boolean {
    return (this.cr0 & Cr0.PE) !== 0;
  }

  /** EFER.LMA. */
  get longMode(): boolean {
    return (this.efer & Efer.LMA) !== 0;
  }

  get virtual8086(): boolean {
    return (this.get32(StateOffset.rflagsOther) & Rflags.VM) !== 0;
  }

  /** Executing in 64-bit mode (as opposed to compatibility mode). */
  get code64(): boolean {
    return this.longMode && (this.get16(segmentAttributesOffset(SegmentIndex.CS)) & SegmentAttribute.Long) !== 0;
  }

  /** What RDTSC reads. */
  get timeStampCounter(): bigint {
    return BigInt.asUintN(64, this.readTsc(this.retired) + this.get64(StateOffset.tscOffset));
  }

  // ---- flags

  /** RFLAGS with lazy flags materialised. RF is as the instruction at RIP would see it. */
  readRflags(): number {
    const { u32, base } = this;
    const other = this.get32(StateOffset.rflagsOther);
    if (this.get32(StateOffset.repeating) !== 0) return other | Rflags.RF | lazyToFlags(u32, base);
    const isHidden = (other & Rflags.RF) !== 0 && this.resumeFlagAt !== this.retired;
    return (isHidden ? other & ~Rflags.RF : other) | lazyToFlags(u32, base);
  }

  /** All of RFLAGS: bits outside the architectural set are dropped, bit 1 is set. Call `refresh` when more than status flags may change. */
  writeRflags(value: number): void {
    this.set32(StateOffset.rflagsOther, (value & ~statusFlags) | Rflags.Fixed);
    flagsToLazy(this.u32, this.base, value);
    this.resumeFlagAt = (value & Rflags.RF) !== 0 ? this.retired : -1;
    this.set32(StateOffset.repeating, 0);
  }

  // ---- modes

  get modeKey(): number {
    return this.i32[(this.base + StateOffset.modeKey) >>> 2]!;
  }

  /** Recomputes the mode key and the current TLB tables from the state. */
  updateModeKey(): void {
    // Every exception, interrupt and IRET comes here: fields are read straight from the block.
    this.changes++;
    const { i32, u16, base, tlb } = this;
    const state = base >>> 2;
    const cr0 = i32[state + StateOffset.cr0 / 4]!;
    const cr4 = i32[state + StateOffset.cr4 / 4]!;
    const efer = i32[state + StateOffset.efer / 4]!;
    if (cr0 !== this.keyedCr0 || cr4 !== this.keyedCr4 || efer !== this.keyedEfer) this.keyControlBits(cr0, cr4, efer);
    const cpl = i32[state + StateOffset.cpl / 4]!;
    const flags = i32[state + StateOffset.rflagsOther / 4]!;
    const attributes = u16[(base + segmentAttributesOffset(SegmentIndex.CS)) >>> 1]!;
    const isCode64 = (efer & Efer.LMA) !== 0 && (attributes & SegmentAttribute.Long) !== 0;
    let key = this.controlKey | (isCode64 ? CODE64_KEY : this.segmentKey(attributes));
    key |= (cpl << ModeKeyShift.cpl) | (((flags >>> 12) & 3) << ModeKeyShift.iopl);
    if ((flags & Rflags.VM) !== 0) key |= 1 << ModeKeyShift.virtual8086;
    if (cpl === 3 && (cr0 & Cr0.AM) !== 0 && (flags & Rflags.AC) !== 0) key |= 1 << ModeKeyShift.alignmentCheck;
    i32[state + StateOffset.modeKey / 4] = key;

    const context = this.dataContext;
    i32[state + StateOffset.tlbRead / 4] = tlb.readTable(context);
    i32[state + StateOffset.tlbWrite / 4] = tlb.writeTable(context);
    i32[state + StateOffset.tlbFetch / 4] = tlb.fetchTable(context);
  }

  /** The key's bits that come from CR0, CR4 and EFER, which change seldom. */
  private keyControlBits(cr0: number, cr4: number, efer: number): void {
    let key = 0;
    for (const [bit, field] of keyedCr0Bits) if ((cr0 & bit) !== 0) key |= 1 << ModeKeyShift[field];
    for (const [bit, field] of keyedCr4Bits) if ((cr4 & bit) !== 0) key |= 1 << ModeKeyShift[field];
    if ((efer & Efer.LMA) !== 0) key |= 1 << ModeKeyShift.longMode;
    if ((efer & Efer.SCE) !== 0) key |= 1 << ModeKeyShift.sce;
    this.keyedCr0 = cr0;
    this.keyedCr4 = cr4;
    this.keyedEfer = efer;
    this.set32(StateOffset.canonicalShift, (cr4 & Cr4.LA57) !== 0 ? 7 : 16);
    this.controlKey = key;
  }

  /** The key's bits that come from segments, for code that is not 64-bit; `readTop` and `writeTop` with them. */
  private segmentKey(csAttributes: number): number {
    const { i32, u16, base } = this;
    const mode = SEGMENT_KNOWN | (this.protectedMode ? SEGMENT_PROTECTED : 0) | (this.virtual8086 ? SEGMENT_8086 : 0);
    let key = 0;
    for (let segment = 0; segment < 6; segment++) {
      const rights = u16[(base + segmentAttributesOffset(segment)) >>> 1]! | mode;
      const limit = i32[(base + segmentLimitOffset(segment)) >>> 2]!;
      const start = i32[(base + StateOffset.segmentBase + segment * 8) >>> 2]!;
      const at = (base + StateOffset.keyedSegments + segment * 16) >>> 2;
      if (i32[at] !== rights || i32[at + 1] !== limit || i32[at + 2] !== start) {
        i32[at] = rights;
        i32[at + 1] = limit;
        i32[at + 2] = start;
        i32[at + 3] = segment < 4 && this.isFlat(segment) ? 1 << (ModeKeyShift.flatES + segment) : 0;
        this.updateTops(segment);
      }
      key |= i32[at + 3]!;
    }
    const isBig = (csAttributes & SegmentAttribute.Big) !== 0;
    if (isBig) key |= 1;
    const ssAttributes = u16[(base + segmentAttributesOffset(SegmentIndex.SS)) >>> 1]!;
    if ((ssAttributes & SegmentAttribute.Big) !== 0) key |= 1 << ModeKeyShift.stackBig;
    const limit = this.u32[(base + segmentLimitOffset(SegmentIndex.CS)) >>> 2]!;
    if (limit < (isBig ? 0xffff_ffff : 0xffff)) key |= 1 << ModeKeyShift.codeLimited;
    return key;
  }

  /** As `segmentedToLinear` would decide. */
  private updateTops(segment: number): void {
    const { i32, u32, u16, base } = this;
    const plainMode = !this.protectedMode || this.virtual8086;
    const attributes = u16[(base + segmentAttributesOffset(segment)) >>> 1]!;
    const isCode = (attributes & SegmentAttribute.Code) !== 0;
    const isUsable = plainMode || (attributes & UNUSABLE_OR_PRESENT) === SegmentAttribute.Present;
    const isDown = !isCode && (attributes & SegmentAttribute.ExpandDown) !== 0;
    const isOpen = isUsable && !isDown;
    // One bit: readable code, writable data.
    const hasBit = (attributes & SegmentAttribute.Readable) !== 0;
    const limit = u32[(base + segmentLimitOffset(segment)) >>> 2]!;
    const read = (base + StateOffset.readTop + segment * 8) >>> 2;
    const write = (base + StateOffset.writeTop + segment * 8) >>> 2;
    const reads = isOpen && (plainMode || !isCode || hasBit);
    const writes = isOpen && (plainMode || (!isCode && hasBit));
    i32[read] = reads ? limit : -1;
    i32[read + 1] = reads ? 0 : -1;
    i32[write] = writes ? limit : -1;
    i32[write + 1] = writes ? 0 : -1;
  }

  private isFlat(segment: number): boolean {
    const wanted =
      segment === SegmentIndex.CS
        ? SegmentAttribute.Present | SegmentAttribute.CodeOrData | SegmentAttribute.Code | SegmentAttribute.Readable
        : SegmentAttribute.Present | SegmentAttribute.CodeOrData | SegmentAttribute.Writable;
    const mask =
      segment === SegmentIndex.CS
        ? wanted | SegmentAttribute.Unusable
        : wanted | SegmentAttribute.Unusable | SegmentAttribute.Code | SegmentAttribute.ExpandDown;
    const at = (this.base + StateOffset.segmentBase) >>> 2;
    return (
      (this.get16(segmentAttributesOffset(segment)) & mask) === wanted &&
      this.get32(segmentLimitOffset(segment)) === 0xffff_ffff &&
      this.u32[at + segment * 2] === 0 &&
      this.protectedMode
    );
  }

  /** Who ordinary data accesses are made by. */
  get dataContext(): TlbContext {
    if (this.cpl === 3) return TlbContext.User;
    const explicit = (this.cr4 & Cr4.SMAP) !== 0 && (this.get32(StateOffset.rflagsOther) & Rflags.AC) !== 0;
    return explicit ? TlbContext.SupervisorWithAc : TlbContext.Supervisor;
  }

  /** After anything that may change mode, mappings or interruptibility. True: a tier must return `Attention`. */
  refresh(): boolean {
    this.updateModeKey();
    return this.wantsAttention();
  }

  /** The lifter's view of a mode key. One object for each key. */
  liftModeFor(modeKey: number): LiftMode {
    let mode = this.liftModes.get(modeKey);
    if (mode === undefined) {
      // A guest can make at most 2^31 keys; a cache of a few hundred covers any real one.
      if (this.liftModes.size >= 512) this.liftModes.clear();
      mode = modeKeyToLiftMode(modeKey, (feature) => this.features.has(feature));
      this.liftModes.set(modeKey, mode);
    }
    return mode;
  }

  // ---- exceptions and exits

  /** Records an exception, at the instruction at RIP. Delivery is the run loop's. */
  raise(vector: number, errorCode?: number, cr2?: bigint): HelperStatus {
    this.pendingVector = vector;
    this.pendingErrorCode = errorCode;
    this.pendingTrapLength = 0;
    this.pendingIsSoftware = false;
    if (cr2 !== undefined) this.pendingCr2 = cr2;
    return HelperStatus.Fault;
  }

  // ---- memory

  /**
   * segment:offset of `bytes` bytes to a linear address in `linearLow`/`linearHigh`, with every check of segmentation:
   * type, null, limit, canonical, #AC and the alignment that MemoryFlag.Aligned asks for. segment 0–5.
   */
  toLinear(segment: number, low: number, high: number, bytes: number, flags: number, write: boolean): HelperStatus {
    return segmentedToLinear(this, segment, low, high, bytes, flags, write);
  }

  /** Loads 1–16 bytes from segment:offset to the byte offset `dest`. flags: MemoryFlag. */
  loadSegmented(segment: number, low: number, high: number, bytes: number, flags: number, dest: number): HelperStatus {
    const status = segmentedToLinear(this, segment, low, high, bytes, flags, false);
    return status === HelperStatus.Continue
      ? loadLinear(this, this.linearLow, this.linearHigh, bytes, flags, dest)
      : status;
  }

  /** Stores 1–16 bytes from the byte offset `src` to segment:offset; nothing is written unless everything can be. */
  storeSegmented(segment: number, low: number, high: number, bytes: number, flags: number, src: number): HelperStatus {
    const status = segmentedToLinear(this, segment, low, high, bytes, flags, true);
    return status === HelperStatus.Continue
      ? storeLinear(this, this.linearLow, this.linearHigh, bytes, flags, src)
      : status;
  }

  /** The same from a linear address: paging only. */
  loadLinear(low: number, high: number, bytes: number, flags: number, dest: number): HelperStatus {
    return loadLinear(this, low, high, bytes, flags, dest);
  }

  storeLinear(low: number, high: number, bytes: number, flags: number, src: number): HelperStatus {
    return storeLinear(this, low, high, bytes, flags, src);
  }

  /**
   * Host byte offset of one linear address for an access by `context` (default: the current one), through the TLB;
   * TRANSLATE_FAULT with #PF pending, or TRANSLATE_EXIT with an ept-violation for one byte pending. A write leaves
   * the page table entry dirty; the writer reports what it wrote by `wroteHost`.
   */
  translate(low: number, high: number, access: Access, context: TlbContext = this.dataContext): number {
    return translate(this, low, high, access, context);
  }

  /**
   * To be called after `bytes` bytes at `host`, all of one page, were written by other means than `store…`. True: the page
   * held predecoded code before and holds none any more.
   */
  wroteHost(host: number, bytes: number): boolean {
    const at = this.memory.pageFlagsOffset + (host >>> 12);
    const flags = this.u8[at]!;
    this.u8[at] = flags | PageFlag.Dirty;
    if ((flags & PageFlag.Code) === 0) return false;
    this.memory.noteCodeWrite(host >>> 12, host & 0xfff, (host & 0xfff) + bytes);
    return (this.u8[at]! & PageFlag.Code) === 0;
  }

  /** A tier has decoded the bytes [first, end) of this page of the buffer: it hears of writes to them from now on. */
  markCode(hostPage: number, first: number, end: number): void {
    this.memory.markCode(hostPage, first, end);
  }

  /**
   * Copies instruction bytes at CS:RIP + `have` to `into[have …]`, to the end of that page and at most to 15 bytes in
   * all. Returns how many bytes `into` holds, or TRANSLATE_FAULT / TRANSLATE_EXIT. Call with 0, decode, and when the
   * decoder finds the bytes truncated call again with what came back; truncated at 15 is #GP(0).
   */
  fetchInstruction(into: Uint8Array, have = 0): number {
    return fetchInstruction(this, into, have);
  }
}
