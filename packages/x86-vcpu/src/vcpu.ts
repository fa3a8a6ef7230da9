/** The run loop: events, tiers, exceptions and VM exits in their architectural order. */
import { Vector } from "x86-lift";
import { Rflags } from "./control-bits.ts";
import { Access, AS_BEFORE, Cpu, type CpuFeatures, type TaskPriority } from "./cpu.ts";
import { type EntryState, loadEntryState } from "./entry-state.ts";
import { deliverEvent } from "./events/deliver.ts";
import { escalate } from "./events/escalate.ts";
import { deliverQuickly } from "./events/quick.ts";
import { fillExceptionExit } from "./exits.ts";
import { HelperStatus } from "./helper.ts";
import { exitsInsteadOfFault, type Intercepts } from "./intercepts.ts";
import type { CpuMemory } from "./memory.ts";
import { type Breakpoint, hasBreakpoints, matchInstructionBreakpoints, type Watchpoint } from "./mmu/breakpoints.ts";
import { linearToGpa } from "./mmu/linear.ts";
import type { DoneAccess } from "./mmu/mmio-replay.ts";
import { high32, low32 } from "./mmu/system-access.ts";
import { modeKeyBitness } from "./mode-key.ts";
import { nextRip } from "./next-rip.ts";
import { initState, resetState } from "./reset.ts";
import { type CpuState, checkCpu, loadCpu, saveCpu } from "./saved-state.ts";
import {
  SegmentAttribute,
  SegmentIndex,
  type SegmentName,
  type SegmentRegister,
  segmentAttributesOffset,
  segmentBaseOffset,
  segmentLimitOffset,
  segmentNames,
  segmentSelectorOffset,
} from "./segment.ts";
import { StateOffset } from "./state-layout.ts";
import { readCr8, writeCr0, writeCr3, writeCr4, writeCr8, writeEfer, writeXcr0 } from "./system/control-registers.ts";
import {
  FX_IMAGE_BYTES,
  loadX87Image,
  loadXmm,
  MXCSR_MASK,
  storeMxcsr,
  storeX87Image,
  storeXmm,
} from "./system/fx-image.ts";
import { msrs } from "./system/msr.ts";
import { type Tier, TierStop } from "./tier.ts";
import { createTier0 } from "./tier0/index.ts";
import { createTier1 } from "./tier1/tier1.ts";
import { TlbContext } from "./tlb.ts";
import type { VmExit, VmExitReason } from "./vm-exit.ts";

export interface VcpuOptions {
  readonly memory: CpuMemory;
  /** What CPUID shows; instructions of features that are not shown are #UD. */
  readonly features: CpuFeatures;
  readonly id?: number;
  /** MAXPHYADDR, 36–52. Default 40. */
  readonly physicalAddressBits?: number;
  /** The time-stamp counter as a pure function of retired instructions. Default: one tick each. */
  readonly readTsc?: (retired: number) => bigint;
  /** Seed of RDRAND and RDSEED. Default 0. */
  readonly seed?: bigint;
  /** 0: the reference interpreter. 1 (default): WebAssembly. Both do exactly the same. */
  readonly tier?: 0 | 1;
  /** Another engine instead. */
  readonly createTier?: (cpu: Cpu) => Tier;
}

export interface LinearOptions {
  /** Execute permission instead of read. */
  readonly fetch?: boolean;
  /** As supervisor, whatever the CPL. */
  readonly privileged?: boolean;
}

/** A 64-bit digest of the general registers, RIP and `retired`. Not cryptographic; the same on every host. */
export interface RegisterDigest {
  /** Low word, high word: as things were at the latest exit but `budget` and `stop`, or at the latest `update`. */
  readonly words: Int32Array;
  /** Makes it of what the registers are now. */
  readonly update: () => void;
}

/** DR6 bits (SDM vol. 3 §19.2.3). */
const DR6_BS = 1 << 14;
const DR7_GD = 1 << 13;
/** Of 32-bit words of the state block: V8 takes functions that name constants into their callers sooner. */
const [RIP, CS_BASE] = [StateOffset.rip / 4, segmentBaseOffset(SegmentIndex.CS) / 4];
const [MODE_KEY, TLB_FETCH] = [StateOffset.modeKey / 4, StateOffset.tlbFetch / 4];

/** What `save` returns. */
export interface VcpuState {
  readonly version: 1;
  readonly cpu: CpuState;
  readonly events: {
    readonly injected: Pending | undefined;
    readonly pendingInterrupt: number;
    readonly nmiPending: boolean;
    readonly windowRequested: boolean;
    readonly exitedDr6: number;
    /** MMIO accesses that the hypervisor has done of an instruction that has not ended. */
    readonly mmioDone?: readonly DoneAccess[];
  };
  readonly exceptionBitmap: number;
}

/** An event that the hypervisor has put into the next `run`. */
interface Pending {
  readonly vector: number;
  readonly errorCode: number | undefined;
  readonly cr2: bigint | undefined;
  readonly trapLength: number;
}

/** Tells of every address that is put into it. */
class AddressSet extends Set<bigint> {
  private readonly told: () => void;

  constructor(told: () => void) {
    super();
    this.told = told;
  }

  override add(address: bigint): this {
    this.told();
    return super.add(address);
  }
}

export class Vcpu {
  readonly id: number;
  /** The inside, for adapters and tests. */
  readonly cpu: Cpu;
  /** MSRs whose accesses exit although the processor knows them. */
  readonly msrExits: Set<number> = new Set();
  /** Accesses to control and debug registers that exit; none at first. */
  readonly intercepts: Intercepts;
  /** Linear addresses at which `run` stops before the instruction. */
  readonly breakpoints: Set<bigint> = new AddressSet(() => this.askAttention());
  private readonly tier: Tier;
  private injected: Pending | undefined;
  private pendingInterrupt = -1;
  private nmiPending = false;
  private windowRequested = false;
  private stopRequested = false;
  private onExit: ((exit: VmExit) => number) | undefined;
  /** The tier looks at every instruction. */
  private single = false;
  /** DR6 bits of the #DB that exited last, for its injection. */
  private exitedDr6 = 0;
  /** `retired` at the last breakpoint stop: the instruction there runs next time. */
  private passedBreakpointAt = -1;

  constructor(options: VcpuOptions) {
    const { memory, features, id = 0, physicalAddressBits = 40, readTsc = BigInt } = options;
    this.id = id;
    this.cpu = new Cpu({ memory, features, physicalAddressBits, readTsc });
    this.intercepts = this.cpu.intercepts;
    const { u32, base } = this.cpu;
    const words = (offset: number, count: number): Uint32Array =>
      u32.subarray((base + offset) >>> 2, ((base + offset) >>> 2) + count);
    this.registerViews = {
      general: words(StateOffset.gpr, 32),
      rip: words(StateOffset.rip, 2),
      retired: new Int32Array(memory.buffer, base + StateOffset.retired, 2),
    };
    this.cpu.randomState = BigInt.asUintN(64, options.seed ?? 0n);
    this.tier = (options.createTier ?? (options.tier === 0 ? createTier0 : createTier1))(this.cpu);
    const { digestRegisters: update } = this.tier;
    const digest = new Int32Array(memory.buffer, base + StateOffset.digest, 2);
    this.registerDigest = update === undefined ? undefined : { words: digest, update };
    this.cpu.wantsAttention = () => this.wantsAttention();
    this.cpu.mayDeliver = () => this.mayDeliver();
    this.cpu.deliverFault = () => this.deliverFault();
    memory.onCodeWrite((hostPage, first, end) => this.tier.invalidateCode(hostPage, first, end));
    memory.onDirtyHarvest(() => this.cpu.tlb.flush());
    this.reset();
  }

  // ---- running

  /** Runs until a VM exit, at most `budget` instructions. Each delivered exception or interrupt counts as one. */
  run(budget: number): VmExit {
    const { cpu } = this;
    cpu.end = cpu.retired + budget;
    cpu.replay.restart();
    for (;;) {
      if (this.stopRequested || cpu.waitsForStartup) {
        this.stopRequested = false;
        return this.exit("stop");
      }
      if (cpu.metWatchpoint !== undefined) return this.stopAt(cpu.metWatchpoint);
      if (cpu.retired >= cpu.end) return this.exit("budget");
      if (!cpu.replay.isPending(cpu.retired)) {
        const outcome = this.takeEvent();
        if (outcome === "exit") {
          if (this.goesOn()) continue;
          return cpu.exit;
        }
        if (outcome === "delivered") continue;
        if (this.atBreakpoint()) return this.stopAt({ kind: "execution", address: this.linearRip });
      }
      if (this.runTier() && !this.goesOn()) return cpu.exit;
      if (cpu.isOver) {
        cpu.isOver = false;
        return this.exit("budget");
      }
    }
  }

  /** Has `onExit` answered `cpu.exit`, and `run` more to do? False: `cpu.exit` is what to return. */
  private goesOn(): boolean {
    const { cpu, onExit } = this;
    this.registerDigest?.update();
    if (onExit === undefined) return false;
    const end = onExit(cpu.exit);
    if (end !== AS_BEFORE) cpu.end = end;
    if (cpu.end <= cpu.retired) {
      this.exit("budget");
      return false;
    }
    cpu.replay.restart();
    return true;
  }

  /** See `Cpu.mayDeliver`. */
  private mayDeliver(): boolean {
    const { cpu } = this;
    const { pendingVector } = cpu;
    const mayExit = cpu.isIntercepted(pendingVector) || cpu.intercepts.movDr;
    if (mayExit || this.single || this.injected !== undefined || pendingVector === Vector.DB) return false;
    if (pendingVector === Vector.PF) cpu.set64(StateOffset.cr2, cpu.pendingCr2);
    return true;
  }

  /** With the tier still running; as `dispatchException` of a fault, where that is quick. */
  private deliverFault(): boolean {
    const { cpu } = this;
    const { pendingVector, pendingTrapLength } = cpu;
    const flags = cpu.readRflags() | (pendingTrapLength === 0 ? Rflags.RF : 0);
    const errorCode = cpu.protectedMode ? cpu.pendingErrorCode : undefined;
    if (!deliverQuickly(cpu, pendingVector, errorCode, cpu.pendingIsSoftware, pendingTrapLength, flags)) return false;
    cpu.pendingVector = -1;
    cpu.updateModeKey();
    return true;
  }

  /** True: `cpu.exit` is what to return. */
  private runTier(): boolean {
    const { cpu } = this;
    const before = cpu.retired;
    const stepping = (cpu.get32(StateOffset.rflagsOther) & Rflags.TF) !== 0;
    const single = stepping || this.mustStep();
    this.single = single;
    // While the tier looks at every instruction, nothing is answered in the middle of its run.
    cpu.onExit = single ? undefined : this.onExit;
    cpu.suppressStep = false;
    cpu.matchedBreakpoints = 0;
    cpu.setCount(StateOffset.budget, single ? 1 : cpu.end - before);
    cpu.set32(StateOffset.attention, 0);
    cpu.set32(StateOffset.quiet, single || this.isRestless ? 0 : 1);
    const stop = this.tier.run(cpu);
    // What an instruction touched that then did not happen does not count; a port's comes when it is answered.
    if (cpu.retired === before && !(stop === TierStop.Exit && cpu.exit.reason === "io-instruction")) {
      cpu.metWatchpoint = undefined;
    }
    if (cpu.retired > before) {
      cpu.pendingDr6 |= cpu.matchedBreakpoints;
      if (stepping && !cpu.suppressStep && cpu.movSsShadowAt !== cpu.retired) cpu.pendingDr6 |= DR6_BS;
    }
    if (stop === TierStop.Fault) return exitsInsteadOfFault(cpu) || this.dispatchException(true, -1);
    return stop === TierStop.Exit && !this.handleExit();
  }

  /** Must every instruction be looked at? */
  private mustStep(): boolean {
    if (this.breakpoints.size > 0 || hasBreakpoints(this.cpu)) return true;
    return this.hasWaiting && (this.inShadow || this.cpu.replay.isPending(this.cpu.retired));
  }

  /** Is there anything that an event or a change of mode might let through? */
  private get isRestless(): boolean {
    const { cpu } = this;
    const hasEvent = this.hasWaiting || this.injected !== undefined || cpu.pendingDr6 !== 0;
    return hasEvent || this.stopRequested || cpu.nmiBlocked;
  }

  private get inShadow(): boolean {
    const { cpu } = this;
    return cpu.stiShadowAt === cpu.retired || cpu.movSsShadowAt === cpu.retired;
  }

  private get hasWaiting(): boolean {
    return this.windowRequested || this.pendingInterrupt >= 0 || this.nmiPending;
  }

  private wantsAttention(): boolean {
    const { cpu } = this;
    const flags = cpu.get32(StateOffset.rflagsOther);
    if (this.stopRequested || cpu.pendingDr6 !== 0 || (flags & Rflags.TF) !== 0 || hasBreakpoints(cpu)) return true;
    if (this.nmiPending && !cpu.nmiBlocked) return true;
    return (flags & Rflags.IF) !== 0 && this.hasWaiting;
  }

  /** What comes between instructions, in the order of SDM vol. 3, table 7-2. */
  private takeEvent(): "exit" | "delivered" | "none" {
    const { cpu } = this;
    const done = (exits: boolean): "exit" | "delivered" => (exits ? "exit" : "delivered");
    const { injected } = this;
    if (injected !== undefined) {
      this.injected = undefined;
      cpu.raise(injected.vector, injected.errorCode, injected.cr2);
      cpu.pendingTrapLength = injected.trapLength;
      cpu.pendingIsSoftware = injected.trapLength > 0;
      return done(this.deliverPending(isFault(injected.vector), -1));
    }
    if (cpu.pendingDr6 !== 0 && cpu.movSsShadowAt !== cpu.retired) {
      cpu.raise(Vector.DB);
      return done(this.dispatchException(false, -1));
    }
    if (this.nmiPending && !cpu.nmiBlocked && !this.inShadow) {
      this.nmiPending = false;
      cpu.nmiBlocked = true;
      return done(this.deliverInterrupt(Vector.NMI));
    }
    if (this.canInterrupt) {
      if (this.pendingInterrupt >= 0) {
        const vector = this.pendingInterrupt;
        this.pendingInterrupt = -1;
        return done(this.deliverInterrupt(vector));
      }
      if (this.windowRequested) {
        this.windowRequested = false;
        this.exit("external-interrupt-window");
        return "exit";
      }
    }
    // Not on the instruction behind MOV SS and POP SS (SDM vol. 3 §19.3.1.1).
    const matched = hasBreakpoints(cpu) && cpu.movSsShadowAt !== cpu.retired ? matchInstructionBreakpoints(cpu) : 0;
    if (matched !== 0 && (cpu.readRflags() & Rflags.RF) === 0) {
      cpu.pendingDr6 |= matched;
      cpu.raise(Vector.DB);
      return done(this.dispatchException(false, -1));
    }
    return "none";
  }

  private deliverInterrupt(vector: number): boolean {
    const { cpu } = this;
    if (deliverQuickly(cpu, vector, undefined, false, 0, cpu.readRflags())) {
      cpu.updateModeKey();
      this.countEvent();
      return false;
    }
    const event = {
      vector,
      errorCode: undefined,
      isSoftware: false,
      returnRip: cpu.rip,
      flags: cpu.readRflags(),
    };
    const status = deliverEvent(cpu, event);
    if (status !== HelperStatus.Continue) return this.dispatchException(true, -1);
    this.countEvent();
    return false;
  }

  /**
   * Delivers the pending exception, or exits with it if the bitmap says so. `first`: the exception during whose
   * delivery it was raised. True: exit.
   */
  private dispatchException(fault: boolean, first: number): boolean {
    const { cpu } = this;
    const outcome = escalate(first, cpu.pendingVector);
    if (outcome === "triple fault") {
      this.exit("triple-fault");
      return true;
    }
    if (outcome === "double fault") cpu.raise(Vector.DF, 0);
    const vector = cpu.pendingVector;
    if (!cpu.isIntercepted(vector)) return this.deliverPending(fault, vector);
    const address = vector === Vector.PF ? cpu.pendingCr2 : vector === Vector.DB ? BigInt(cpu.pendingDr6) : 0n;
    fillExceptionExit(cpu, vector, cpu.pendingErrorCode, cpu.pendingTrapLength, address);
    if (vector === Vector.DB) {
      this.exitedDr6 = cpu.pendingDr6;
      cpu.pendingDr6 = 0;
    }
    cpu.pendingVector = -1;
    return true;
  }

  private deliverPending(fault: boolean, vector: number): boolean {
    const { cpu } = this;
    const current = cpu.pendingVector;
    const errorCode = cpu.protectedMode ? cpu.pendingErrorCode : undefined;
    if (current === Vector.PF) cpu.set64(StateOffset.cr2, cpu.pendingCr2);
    if (current === Vector.DB) this.enterDebugException();
    const trapLength = cpu.pendingTrapLength;
    const flags = fault && trapLength === 0 ? cpu.readRflags() | Rflags.RF : cpu.readRflags();
    cpu.pendingVector = -1;
    if (deliverQuickly(cpu, current, errorCode, cpu.pendingIsSoftware, trapLength, flags)) {
      cpu.updateModeKey();
      this.countEvent();
      return false;
    }
    const returnRip = BigInt.asUintN(cpu.code64 ? 64 : 32, cpu.rip + BigInt(trapLength));
    const event = { vector: current, errorCode, isSoftware: cpu.pendingIsSoftware, returnRip, flags };
    const status = deliverEvent(cpu, event);
    if (status !== HelperStatus.Continue) return this.dispatchException(true, vector < 0 ? current : vector);
    this.countEvent();
    return false;
  }

  private enterDebugException(): void {
    const { cpu } = this;
    const dr6 = StateOffset.dr + 6 * 8;
    const dr7 = StateOffset.dr + 7 * 8;
    cpu.set32(dr6, (cpu.get32(dr6) & ~0xf) | cpu.pendingDr6);
    cpu.set32(dr7, cpu.get32(dr7) & ~DR7_GD);
    cpu.pendingDr6 = 0;
  }

  /** An event takes time, so that a guest that only faults spends its budget too; with all that went wrong on its way, one instruction. */
  private countEvent(): void {
    this.cpu.retired += 1;
  }

  /** True: the exit was the processor's own business and is done. */
  private handleExit(): boolean {
    const { cpu } = this;
    const { reason } = cpu.exit;
    if (reason !== "rdmsr" && reason !== "wrmsr") return false;
    const index = Number(cpu.readGpr(1) & 0xffff_ffffn);
    const msr = msrs.get(index);
    if (msr === undefined || this.msrExits.has(index)) return false;
    if (reason === "rdmsr") {
      const value = msr.read(cpu);
      cpu.writeGpr(0, value & 0xffff_ffffn);
      cpu.writeGpr(2, value >> 32n);
    } else {
      const value = ((cpu.readGpr(2) & 0xffff_ffffn) << 32n) | (cpu.readGpr(0) & 0xffff_ffffn);
      if (!msr.write(cpu, value)) {
        this.injectException(Vector.GP, 0);
        return true;
      }
    }
    this.advanceRip(cpu.exit.instructionLength);
    return true;
  }

  private exit(reason: VmExitReason): VmExit {
    const { exit } = this.cpu;
    exit.reason = reason;
    exit.instructionLength = 0;
    exit.errorCode = undefined;
    exit.breakpoint = undefined;
    exit.text = "";
    return exit;
  }

  private stopAt(breakpoint: Breakpoint): VmExit {
    this.cpu.metWatchpoint = undefined;
    const exit = this.exit("stop");
    exit.breakpoint = breakpoint;
    return exit;
  }

  private get linearRip(): bigint {
    const { cpu } = this;
    const base = cpu.code64 ? 0n : cpu.get64(segmentBaseOffset(SegmentIndex.CS));
    return BigInt.asUintN(cpu.code64 ? 64 : 32, cpu.rip + base);
  }

  private atBreakpoint(): boolean {
    const { cpu } = this;
    if (this.breakpoints.size === 0 || this.passedBreakpointAt === cpu.retired) return false;
    // Nor between two iterations of REP.
    if (cpu.get32(StateOffset.repeating) !== 0) return false;
    if (!this.breakpoints.has(this.linearRip)) return false;
    this.passedBreakpointAt = cpu.retired;
    return true;
  }

  /**
   * Accesses behind which `run` stops, in place of those watched before. While there are any, instructions run one by one.
   * The guest's debug registers have no part in it.
   */
  watch(points: readonly Watchpoint[]): void {
    const { cpu } = this;
    cpu.watchpoints = points.map((point) => {
      if (!Number.isSafeInteger(point.bytes) || point.bytes < 1) {
        throw new RangeError(`watch: bytes of 0x${point.address.toString(16)}: expected 1 or more, got ${point.bytes}`);
      }
      return { ...point, address: BigInt.asUintN(64, point.address) };
    });
    cpu.metWatchpoint = undefined;
    cpu.tlb.flush();
    this.askAttention();
  }

  /** What SVM would report as nRIP for the exit that `run` has just returned; 0n for exits that have none, #GP among them. */
  get nextRip(): bigint {
    return nextRip(this.cpu);
  }

  /** Ends the current `run`, or the next one at once. */
  requestStop(): void {
    this.stopRequested = true;
    this.askAttention();
  }

  // ---- what a hypervisor does with an exit

  /** Vectors (bit by bit) whose exceptions exit instead of being delivered. */
  get exceptionBitmap(): number {
    return this.cpu.exceptionBitmap;
  }

  set exceptionBitmap(vectors: number) {
    this.cpu.exceptionBitmap = vectors;
  }

  /**
   * From now on `answer` is called at every exit but `budget` and `stop` in place of a return from `run`. It deals with the exit as a caller of
   * `run` would, and gives the number of retired instructions to which the `run` that would come next would go, which then goes on at once. What
   * is not above `retired`: `run` returns `budget`. −1: to where this one goes, which it has not reached yet. It must not call `run`. undefined: `run`
   * returns at every exit, as at first.
   */
  answerExits(answer: ((exit: VmExit) => number) | undefined): void {
    this.onExit = answer;
    if (this.cpu.onExit !== undefined) this.cpu.onExit = answer;
  }

  /**
   * The instruction at RIP has been emulated: moves past it, ends interrupt shadows and RF, pends #DB if TF is set. Counts one.
   * 0: one iteration of REP INS or OUTS has been, and others remain.
   */
  advanceRip(length: number): void {
    const { cpu } = this;
    cpu.retire(length);
    if (cpu.hasAftermath) this.seeToAftermath();
  }

  private seeToAftermath(): void {
    const { cpu } = this;
    cpu.replay.clear();
    if (cpu.matchedBreakpoints !== 0) {
      cpu.pendingDr6 |= cpu.matchedBreakpoints;
      cpu.matchedBreakpoints = 0;
      this.askAttention();
    }
    if ((cpu.get32(StateOffset.rflagsOther) & Rflags.TF) !== 0) {
      cpu.pendingDr6 |= DR6_BS;
      this.askAttention();
    }
  }

  /** A tier that runs is to return before the next instruction. */
  private askAttention(): void {
    this.cpu.set32(StateOffset.attention, 1);
  }

  /** Delivers an exception at RIP with the next `run`, whatever the exception bitmap says. `cr2` for #PF. */
  injectException(vector: number, errorCode?: number, cr2?: bigint): void {
    if (vector === Vector.DB) {
      this.cpu.pendingDr6 |= this.exitedDr6;
      this.exitedDr6 = 0;
    }
    // What INT3 and INTO raised goes back as what it was; hardware wants the length of the last exit, too.
    const isTrap = vector === Vector.BP || vector === Vector.OF;
    this.injected = { vector, errorCode, cr2, trapLength: isTrap ? this.cpu.exit.instructionLength : 0 };
    this.askAttention();
  }

  /** Delivers an external interrupt as soon as `interruptible`. */
  injectInterrupt(vector: number): void {
    this.pendingInterrupt = vector & 0xff;
    this.askAttention();
  }

  private get canInterrupt(): boolean {
    return (this.cpu.get32(StateOffset.rflagsOther) & Rflags.IF) !== 0 && !this.inShadow;
  }

  /** RFLAGS.IF is set, no shadow of STI or MOV SS holds, nothing else is being delivered. */
  get interruptible(): boolean {
    const isBusy =
      this.injected !== undefined || this.pendingInterrupt >= 0 || this.cpu.replay.isPending(this.cpu.retired);
    return this.canInterrupt && !isBusy;
  }

  /** Ends `run` with `external-interrupt-window` as soon as `interruptible`. */
  requestInterruptWindow(): void {
    this.windowRequested = true;
    this.askAttention();
  }

  /** Delivers an NMI as soon as NMIs are not blocked. */
  injectNmi(): void {
    this.nmiPending = true;
    this.askAttention();
  }

  /** Answers the `ept-violation` just reported, for reads with `accessSize` bytes. The instruction is repeated with the next `run`. */
  completeMmio(data: Uint8Array = new Uint8Array(16)): void {
    const { exit, replay } = this.cpu;
    replay.complete(this.cpu.retired, exit.guestPhysical, exit.accessSize, exit.access === "write", data);
    this.askAttention();
  }

  // ---- registers

  get retired(): number {
    return this.cpu.retired;
  }

  /** The general registers, RIP and `retired` as words, low ones first; always what they are now. */
  readonly registerViews: { readonly general: Uint32Array; readonly rip: Uint32Array; readonly retired: Int32Array };

  /** For those who tell runs apart. Undefined where the engine has no quick way to it. */
  readonly registerDigest: RegisterDigest | undefined;

  /** General registers by encoding number: 0 RAX, 1 RCX, 2 RDX, 3 RBX, 4 RSP, 5 RBP, 6 RSI, 7 RDI, 8–15. */
  readRegister(index: number): bigint {
    return this.cpu.readGpr(index & 15);
  }

  writeRegister(index: number, value: bigint): void {
    this.cpu.writeGpr(index & 15, value);
  }

  /** Bits 31:0. */
  readRegister32(index: number): number {
    return this.cpu.get32(StateOffset.gpr + (index & 15) * 8);
  }

  /** Bits 31:0; 63:32 stay. */
  writeRegister32(index: number, value: number): void {
    this.cpu.set32(StateOffset.gpr + (index & 15) * 8, value);
  }

  get rip(): bigint {
    return this.cpu.rip;
  }

  set rip(value: bigint) {
    this.cpu.rip = value;
    this.cpu.set32(StateOffset.repeating, 0);
    this.cpu.replay.clear();
  }

  get rflags(): bigint {
    return BigInt(this.cpu.readRflags() >>> 0);
  }

  set rflags(value: bigint) {
    this.cpu.writeRflags(low32(value));
    this.cpu.updateModeKey();
  }

  get cpl(): number {
    return this.cpu.cpl;
  }

  set cpl(value: number) {
    this.cpu.cpl = value & 3;
    this.cpu.updateModeKey();
  }

  /** A segment register with its hidden part; attributes have the VMCS access-rights layout. */
  segment(name: SegmentName): SegmentRegister {
    const { cpu } = this;
    const index = segmentNames.indexOf(name);
    const attributes = cpu.get16(segmentAttributesOffset(index));
    const unusable = (attributes & SegmentAttribute.Unusable) !== 0 ? 1 << 16 : 0;
    return {
      selector: cpu.get16(segmentSelectorOffset(index)),
      base: cpu.get64(segmentBaseOffset(index)),
      limit: cpu.get32(segmentLimitOffset(index)),
      attributes: (attributes & ~SegmentAttribute.Unusable) | unusable,
    };
  }

  /** Sets a segment register with its hidden part; nothing is checked. CPL follows SS.DPL, as at VM entry (SDM vol. 3 §28.3.1.2). */
  setSegment(name: SegmentName, { selector, base, limit, attributes }: SegmentRegister): void {
    const { cpu } = this;
    const index = segmentNames.indexOf(name);
    const unusable = (attributes & (1 << 16)) !== 0 ? SegmentAttribute.Unusable : 0;
    cpu.set16(segmentSelectorOffset(index), selector);
    cpu.set64(segmentBaseOffset(index), base);
    cpu.set32(segmentLimitOffset(index), limit);
    cpu.set16(segmentAttributesOffset(index), (attributes & 0xf0ff) | unusable);
    if (name === "ss") cpu.cpl = (attributes >> 5) & 3;
    cpu.updateModeKey();
  }

  /** Base and limit of GDTR or IDTR. */
  table(name: "gdtr" | "idtr"): { base: bigint; limit: number } {
    return { base: this.cpu.get64(StateOffset[`${name}Base`]), limit: this.cpu.get32(StateOffset[`${name}Limit`]) };
  }

  setTable(name: "gdtr" | "idtr", { base, limit }: { base: bigint; limit: number }): void {
    this.cpu.set64(StateOffset[`${name}Base`], base);
    this.cpu.set32(StateOffset[`${name}Limit`], limit);
  }

  get cr0(): bigint {
    return this.cpu.get64(StateOffset.cr0);
  }

  get cr2(): bigint {
    return this.cpu.get64(StateOffset.cr2);
  }

  set cr2(value: bigint) {
    this.cpu.set64(StateOffset.cr2, value);
  }

  get cr3(): bigint {
    return this.cpu.get64(StateOffset.cr3);
  }

  get cr4(): bigint {
    return this.cpu.get64(StateOffset.cr4);
  }

  get cr8(): bigint {
    return readCr8(this.cpu);
  }

  set cr8(value: bigint) {
    writeCr8(this.cpu, value & 15n);
  }

  /** Who keeps the task priority that CR8 reads and writes: a local APIC, whose TPR it is. Undefined: the processor itself. */
  get taskPriority(): TaskPriority | undefined {
    return this.cpu.taskPriority;
  }

  set taskPriority(keeper: TaskPriority | undefined) {
    this.cpu.taskPriority = keeper;
  }

  get efer(): bigint {
    return this.cpu.get64(StateOffset.efer);
  }

  get xcr0(): bigint {
    return this.cpu.get64(StateOffset.xcr0);
  }

  set xcr0(value: bigint) {
    this.cpu.set64(StateOffset.xcr0, value);
  }

  /** Control registers as MOV CR, WRMSR and XSETBV write them, with all checks and consequences. False: the value is refused (#GP). */
  writeControl(name: "cr0" | "cr3" | "cr4" | "efer" | "xcr0", value: bigint): boolean {
    const { cpu } = this;
    if (name === "efer") return writeEfer(cpu, value);
    if (name === "xcr0") return writeXcr0(cpu, value);
    const write = { cr0: writeCr0, cr3: writeCr3, cr4: writeCr4 }[name];
    const status = write(cpu, value);
    cpu.pendingVector = -1;
    return status === HelperStatus.Continue;
  }

  /** An architectural MSR of the processor; 0 for one that it does not have. */
  readMsr(index: number): bigint {
    return msrs.get(index)?.read(this.cpu) ?? 0n;
  }

  /** False: there is no such MSR in the processor, or the value is refused. */
  writeMsr(index: number, value: bigint): boolean {
    return msrs.get(index)?.write(this.cpu, value) ?? false;
  }

  /** Forgets all translations. */
  flushTlb(): void {
    this.cpu.tlb.flush();
  }

  /** The 512 bytes that FXSAVE64 writes in 64-bit mode, whatever the mode. */
  readFxState(): Uint8Array {
    const { cpu } = this;
    cpu.u8.fill(0, cpu.image, cpu.image + FX_IMAGE_BYTES);
    storeX87Image(cpu, cpu.image, true);
    storeMxcsr(cpu, cpu.image);
    storeXmm(cpu, cpu.image, true);
    return cpu.u8.slice(cpu.image, cpu.image + FX_IMAGE_BYTES);
  }

  /** Their inverse; bits of MXCSR that do not exist are dropped. */
  writeFxState(bytes: Uint8Array): void {
    const { cpu } = this;
    cpu.u8.fill(0, cpu.image, cpu.image + FX_IMAGE_BYTES);
    cpu.u8.set(bytes.subarray(0, FX_IMAGE_BYTES), cpu.image);
    loadX87Image(cpu, cpu.image, true);
    loadXmm(cpu, cpu.image, true);
    cpu.set32(StateOffset.mxcsr, cpu.view.getUint32(cpu.image + 24, true) & MXCSR_MASK);
  }

  // ---- memory by linear address

  /** Guest-physical address, or undefined where paging refuses. */
  translateLinear(address: bigint, options: LinearOptions & { readonly write?: boolean } = {}): number | undefined {
    const { cpu } = this;
    const access = options.fetch === true ? Access.Fetch : options.write === true ? Access.Write : Access.Read;
    const context = options.privileged === true ? TlbContext.SupervisorWithAc : cpu.dataContext;
    const gpa = linearToGpa(cpu, low32(address), high32(address), access, context);
    cpu.pendingVector = -1;
    return gpa < 0 ? undefined : gpa;
  }

  /** With the rights of the current privilege. Never throws; fewer bytes than asked for: the byte at `faultAt` cannot be read. */
  readLinear(
    address: bigint,
    length: number,
    options: LinearOptions = {},
  ): { bytes: Uint8Array; faultAt?: bigint; errorCode?: number } {
    const bytes = new Uint8Array(length);
    const fault = this.eachPage(address, length, options, (host, done, count) => {
      bytes.set(this.cpu.u8.subarray(host, host + count), done);
    });
    return fault === undefined ? { bytes } : { ...fault.at, bytes: bytes.subarray(0, fault.done) };
  }

  /** Copies up to `length` bytes of code, with the rights of the current privilege, to the front of `into`; how many can be fetched. */
  fetchLinear(address: bigint, length: number, into: Uint8Array): number {
    const { cpu } = this;
    const low = low32(address);
    if ((low & 0xfff) + length <= 0x1000) {
      const host = cpu.tlb.lookup(cpu.tlb.fetchTable(cpu.dataContext), low, high32(address));
      if (host >= 0) {
        for (let n = 0; n < length; n++) into[n] = cpu.u8[host + n]!;
        return length;
      }
    }
    const { bytes } = this.readLinear(address, length, { fetch: true });
    into.set(bytes);
    return bytes.length;
  }

  /**
   * Up to `most` bytes of code at CS:RIP, with the rights of the current privilege, as far as they lie in its page, to the front of `into`: how
   * many. 0 where the TLB does not have the page.
   */
  fetchCode(into: Uint8Array, most: number = into.length): number {
    const { u8 } = this.cpu;
    const host = this.codeAtHand();
    if (host < 0) return 0;
    // Pages begin at multiples of their size in the host's memory, too.
    const length = Math.min(most, 0x1000 - (host & 0xfff));
    for (let n = 0; n < length; n++) into[n] = u8[host + n]!;
    return length;
  }

  /** The byte at CS:RIP, with the rights of the current privilege; −1 where the TLB does not have its page. */
  fetchCodeByte(): number {
    const host = this.codeAtHand();
    return host < 0 ? -1 : this.cpu.u8[host]!;
  }

  /** Where CS:RIP is in the host's memory; −1: not in the TLB. */
  private codeAtHand(): number {
    const { cpu } = this;
    const { u32, i32 } = cpu;
    const state = cpu.base >>> 2;
    const low = i32[state + RIP]!;
    const is64 = modeKeyBitness(i32[state + MODE_KEY]!) === 64;
    const start = is64 ? low : (low + i32[state + CS_BASE]!) | 0;
    return cpu.tlb.lookup(u32[state + TLB_FETCH]!, start, is64 ? i32[state + RIP + 1]! : 0);
  }

  /** Default operand and address size of the code segment; 64 in 64-bit mode. */
  get codeBits(): 16 | 32 | 64 {
    return modeKeyBitness(this.cpu.modeKey);
  }

  /** Writes up to the first byte that cannot be written. */
  writeLinear(
    address: bigint,
    bytes: Uint8Array,
    options: LinearOptions = {},
  ): { written: number; faultAt?: bigint; errorCode?: number } {
    const { cpu } = this;
    const fault = this.eachPage(address, bytes.length, { ...options, write: true }, (host, done, count) => {
      cpu.u8.set(bytes.subarray(done, done + count), host);
      cpu.wroteHost(host, count);
    });
    return fault === undefined ? { written: bytes.length } : { ...fault.at, written: fault.done };
  }

  private eachPage(
    address: bigint,
    length: number,
    options: LinearOptions & { readonly write?: boolean },
    visit: (host: number, done: number, count: number) => void,
  ): { done: number; at: { faultAt: bigint; errorCode?: number } } | undefined {
    const { cpu } = this;
    for (let done = 0; done < length; ) {
      const linear = BigInt.asUintN(cpu.longMode ? 64 : 32, address + BigInt(done));
      const gpa = this.translateLinear(linear, options);
      if (gpa === undefined) return { done, at: { faultAt: linear, errorCode: cpu.walk.errorCode } };
      const host = cpu.memory.hostOffset(gpa);
      if (host < 0 || (options.write === true && !cpu.memory.isWritable(gpa))) return { done, at: { faultAt: linear } };
      const count = Math.min(length - done, 0x1000 - (gpa % 0x1000));
      visit(host, done, count);
      done += count;
    }
    return undefined;
  }

  // ---- whole state

  /** Power-on state (SDM vol. 3, table 11-1): real mode at f000:fff0. */
  reset(): void {
    resetState(this.cpu);
    this.forgetEvents();
  }

  /**
   * INIT: the state of table 11-1, which keeps x87, SSE and most MSRs. Then the processor waits for `startup`, and `run` gives `stop` at once;
   * `bootstrap`: it goes on at the reset vector instead, as the bootstrap processor does.
   */
  init({ bootstrap = false }: { readonly bootstrap?: boolean } = {}): void {
    initState(this.cpu);
    this.forgetEvents();
    this.cpu.waitsForStartup = !bootstrap;
  }

  /** A start-up interrupt (SIPI), vector 0–255: real mode at vector × 4 KiB. False, and nothing happens, unless the processor waits for one. */
  startup(vector: number): boolean {
    const { cpu } = this;
    if (!cpu.waitsForStartup) return false;
    cpu.waitsForStartup = false;
    const page = vector & 0xff;
    this.setSegment("cs", { ...this.segment("cs"), selector: page << 8, base: BigInt(page << 12) });
    cpu.rip = 0n;
    return true;
  }

  /** Between INIT and the start-up interrupt. */
  get waitsForStartup(): boolean {
    return this.cpu.waitsForStartup;
  }

  private forgetEvents(): void {
    const { cpu } = this;
    this.injected = undefined;
    this.pendingInterrupt = -1;
    this.nmiPending = false;
    this.windowRequested = false;
    this.stopRequested = false;
    this.passedBreakpointAt = -1;
    this.exitedDr6 = 0;
    cpu.tlb.flush();
    this.tier.reset();
    cpu.updateModeKey();
  }

  /** Resets, then takes a loader's entry state. */
  loadEntryState(entry: EntryState): void {
    loadEntryState(this, entry);
  }

  /** Between runs, but not between an `ept-violation` and the end of its instruction. */
  save(): VcpuState {
    return {
      version: 1,
      cpu: saveCpu(this.cpu),
      events: {
        injected: this.injected,
        pendingInterrupt: this.pendingInterrupt,
        nmiPending: this.nmiPending,
        windowRequested: this.windowRequested,
        exitedDr6: this.exitedDr6,
        mmioDone: this.cpu.replay.save(this.cpu.retired),
      },
      exceptionBitmap: this.exceptionBitmap,
    };
  }

  load(state: VcpuState): void {
    checkCpu(this.cpu, state.cpu);
    this.reset();
    loadCpu(this.cpu, state.cpu);
    const { injected, pendingInterrupt, nmiPending, windowRequested, exitedDr6, mmioDone = [] } = state.events;
    this.cpu.replay.load(this.cpu.retired, mmioDone);
    this.injected = injected;
    this.pendingInterrupt = pendingInterrupt;
    this.nmiPending = nmiPending;
    this.windowRequested = windowRequested;
    this.exitedDr6 = exitedDr6;
    this.exceptionBitmap = state.exceptionBitmap;
    this.cpu.updateModeKey();
  }
}

/** Faults push RFLAGS with RF set; #BP, #OF and #DB (as injected) are traps. */
const isFault = (vector: number): boolean =>
  vector !== Vector.BP && vector !== Vector.OF && vector !== Vector.DB && vector < 32;

/** A processor in its power-on state. */
export function createVcpu(options: VcpuOptions): Vcpu {
  return new Vcpu(options);
}
