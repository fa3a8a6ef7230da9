/**
 * Tier 1: a WebAssembly interpreter over predecoded records.
 *
 * This file is the part that is not hot: it finds and makes blocks, keeps RIP, `retired` and `budget` exact whenever
 * anybody may look, and carries out what the interpreter leaves to TypeScript.
 */
import { helperNames, Vector } from "x86-lift";
import { Rflags } from "../control-bits.ts";
import { Access, AS_BEFORE, type Cpu, TRANSLATE_FAULT } from "../cpu.ts";
import { fillExit, fillGpExit, fillPortExit, fillUnimplemented } from "../exits.ts";
import { HelperStatus } from "../helper.ts";
import { helperTable } from "../helpers/index.ts";
import { isX87Pending } from "../helpers/x87/pending.ts";
import { hasBreakpoints, matchPortBreakpoints } from "../mmu/breakpoints.ts";
import { MAX_INSTRUCTION_BYTES } from "../mmu/fetch.ts";
import { probeLinear } from "../mmu/linear.ts";
import { ModeKeyShift } from "../mode-key.ts";
import { SegmentIndex, segmentBaseOffset, segmentLimitOffset } from "../segment.ts";
import { StateOffset } from "../state-layout.ts";
import { type Tier, TierStop } from "../tier.ts";
import { evaluateSimd } from "../tier0/simd/index.ts";
import type { VmExit } from "../vm-exit.ts";
import { CodeCache, type CodePage, infoLength, infoOffset, infoRemaining } from "./code-cache.ts";
import { generateInterpreter } from "./interpreter.ts";
import { recordOp } from "./ops/index.ts";
import { readyMade } from "./ready-made.ts";
import {
  Control,
  Field,
  JUMP_CACHE_ENTRIES,
  KNOWN_CONTEXTS,
  MEMORY_LINEAR,
  memoryWordBytes,
  memoryWordFlags,
  memoryWordSegment,
  RECORD_BYTES,
  RESUME_WITH_FAULT,
  Reason,
  Resume,
} from "./record.ts";
import { FIRST_HELPER, Leave, NO_SLOT, Script } from "./scripts.ts";

export interface Tier1Options {
  /** Bytes of the engine's arena for predecoded code; about 20 bytes an instruction. Default 8 MiB. */
  readonly codeBytes?: number;
}

/** Instructions that one call of the interpreter may run: it returns often, so that optimised code is entered soon. */
const MAX_SLICE = 1 << 18;
const DEFAULT_CODE_BYTES = 8 << 20;
const leaveOp = recordOp("leave");
const ret64Op = recordOp("ret64");
const X87_STORE = FIRST_HELPER + helperNames.indexOf("x87Store");
/** By the format in its first constant. */
const x87StoreBytes = [4, 8, 10, 2, 4, 8, 10];

/** Compiled modules by where the state block and the control area are: compilation costs tens of milliseconds. */
const modules = new Map<string, WebAssembly.Module>();

export function createTier1(cpu: Cpu, options: Tier1Options = {}): Tier {
  return new Tier1(cpu, options.codeBytes ?? DEFAULT_CODE_BYTES);
}

class Tier1 implements Tier {
  private readonly cpu: Cpu;
  private readonly cache: CodeCache;
  private readonly control: number;
  readonly digestRegisters: () => void;
  private readonly execute: (pointer: number, budget: number) => number;
  private readonly bytes = new Uint8Array(MAX_INSTRUCTION_BYTES);

  // The current call of the interpreter: counts at its start, and what it was given.
  private retired = 0;
  private budget = 0;
  private slice = 0;

  /** The block being run is one instruction: stores into its own page need no care. */
  private single = false;
  /** A store would change the page that is being run: do the instruction again, alone. */
  private restart = false;
  /** With what the slow path or script stopped the interpreter. */
  private stopped: TierStop = TierStop.Fault;

  constructor(cpu: Cpu, codeBytes: number) {
    this.cpu = cpu;
    this.cache = new CodeCache(cpu, codeBytes);
    this.control = this.cache.control;
    const layout = { state: cpu.base, control: this.control };
    const key = `${layout.state},${layout.control}`;
    let module = modules.get(key);
    if (module === undefined) {
      module = new WebAssembly.Module(readyMade(key) ?? generateInterpreter(layout).bytes);
      if (modules.size >= 16) modules.clear();
      modules.set(key, module);
    }
    const imports = {
      memory: cpu.memory.wasm as WebAssembly.Memory,
      slowLoad: (pc: number, budget: number, low: number, high: number) => this.slowLoad(pc, budget, low, high),
      slowStore: (pc: number, budget: number, low: number, high: number) => this.slowStore(pc, budget, low, high),
      script: (pc: number, budget: number) => this.script(pc, budget),
      io: this.io,
      refuseIo: this.refuseIo,
      resume: (pc: number, budget: number, stopped: number) => this.resume(pc, budget, stopped),
    };
    const { exports } = new WebAssembly.Instance(module, { tier1: imports });
    this.execute = exports["run"] as typeof this.execute;
    this.digestRegisters = exports["digestRegisters"] as typeof this.digestRegisters;
  }

  invalidateCode(hostPage: number, first: number, end: number): void {
    this.cache.invalidate(hostPage, first, end);
  }

  reset(): void {
    this.cache.reset();
  }

  run(): TierStop {
    const { cpu, control, cache } = this;
    const { i32, u32 } = cpu;
    const state = cpu.base >>> 2;
    const attention = state + StateOffset.attention / 4;
    const attentionLater = u32[attention]! !== 0;
    this.readCounts();
    this.single = attentionLater;
    for (;;) {
      if (this.budget <= 0) return TierStop.Budget;
      const pointer = this.find();
      if (pointer < 0) {
        if (pointer === FIND_EXIT) return TierStop.Exit;
        if (!cpu.mayDeliver() || !cpu.deliverFault()) return TierStop.Fault;
        this.single = false;
        this.count(1);
        if (cpu.wantsAttention()) return TierStop.Attention;
        continue;
      }
      const slice = this.single ? 1 : Math.min(this.budget, MAX_SLICE);
      this.slice = slice;
      i32[(control + Control.parked) >>> 2] = 0;
      const end = this.retired + slice;
      u32[(control + Control.end) >>> 2] = end;
      u32[(control + Control.end + 4) >>> 2] = end / 0x1_0000_0000;
      const beyond = this.budget - slice;
      u32[(control + Control.beyond) >>> 2] = beyond;
      u32[(control + Control.beyond + 4) >>> 2] = beyond / 0x1_0000_0000;
      const reason = this.execute(pointer, slice);
      const at = u32[(control + Control.pc) >>> 2]!;
      const left = this.slice - i32[(control + Control.budget) >>> 2]! - i32[(control + Control.parked) >>> 2]!;
      this.single = false;
      switch (reason) {
        case Reason.Link: {
          this.count(left);
          const edge = u32[(control + Control.edge) >>> 2]!;
          this.link(edge);
          break;
        }
        case Reason.Budget:
        case Reason.Stale:
          this.count(left);
          this.setRip(cache.pageOfRecord(at), infoOffset(cache.infoOf(at)));
          break;
        case Reason.Cross:
          this.count(left);
          this.setRip(cache.pageOfRecord(at), infoOffset(cache.infoOf(at)));
          this.single = true;
          break;
        case Reason.Jump:
          this.count(left);
          u32[state + StateOffset.rip / 4] = u32[(control + Control.target) >>> 2]!;
          u32[state + StateOffset.rip / 4 + 1] = u32[(control + Control.target + 4) >>> 2]!;
          break;
        default:
          // Counts and RIP were set when TypeScript was called.
          this.readCounts();
          if (!this.restart) return this.stopped;
          this.restart = false;
          this.single = true;
          continue;
      }
      if (u32[attention] !== 0) return TierStop.Attention;
    }
  }

  // ---- counts and RIP

  private readCounts(): void {
    this.retired = this.cpu.retired;
    this.budget = this.readBudget();
  }

  private readBudget(): number {
    const { u32, i32, base } = this.cpu;
    const at = (base + StateOffset.budget) >>> 2;
    return u32[at]! + i32[at + 1]! * 0x1_0000_0000;
  }

  private writeCounts(retired: number, budget: number): void {
    const { u32, base } = this.cpu;
    const at = (base + StateOffset.retired) >>> 2;
    u32[at] = retired;
    u32[at + 1] = retired / 0x1_0000_0000;
    const left = (base + StateOffset.budget) >>> 2;
    u32[left] = budget;
    u32[left + 1] = Math.floor(budget / 0x1_0000_0000);
  }

  /** So many instructions are done since the interpreter was called. */
  private count(done: number): void {
    this.retired += done;
    this.budget -= done;
    this.writeCounts(this.retired, this.budget);
  }

  private setRip(page: CodePage, offset: number): void {
    const { u32, base } = this.cpu;
    const at = (base + StateOffset.rip) >>> 2;
    const low = (page.ripLow >>> 0) + offset;
    u32[at] = low;
    // Outside 64-bit code RIP has 32 bits.
    u32[at + 1] = this.cpu.code64 ? page.ripHigh + (low > 0xffff_ffff ? 1 : 0) : 0;
  }

  /** Makes RIP, length and counts exact for the instruction of a record from which the interpreter calls. */
  private sync(pc: number, budget: number): void {
    const { cpu, cache } = this;
    const { u32, base } = cpu;
    const state = base >>> 2;
    const info = cache.infoOf(pc);
    const page = cache.pageOfRecord(pc);
    const done = this.slice - budget - cpu.i32[(this.control + Control.parked) >>> 2]! - infoRemaining(info);
    // Written out, as is `setRip`: every exit, MMIO access and slow load comes here.
    const retired = this.retired + done;
    u32[state + StateOffset.retired / 4] = retired;
    u32[state + StateOffset.retired / 4 + 1] = retired / 0x1_0000_0000;
    const left = this.budget - done;
    u32[state + StateOffset.budget / 4] = left;
    u32[state + StateOffset.budget / 4 + 1] = Math.floor(left / 0x1_0000_0000);
    const low = (page.ripLow >>> 0) + infoOffset(info);
    u32[state + StateOffset.rip / 4] = low;
    // Outside 64-bit code, a page's high half is that of its first byte: nothing, or just below 0.
    u32[state + StateOffset.rip / 4 + 1] = page.ripHigh + (low > 0xffff_ffff ? 1 : 0);
    u32[state + StateOffset.instructionLength / 4] = infoLength(info);
  }

  // ---- blocks

  /** Pointer to the block at RIP; makes it when there is none. FIND_FAULT, FIND_EXIT: what fetching raised. */
  private find(): number {
    const { cpu, cache, control } = this;
    const { u32, i32, base } = cpu;
    const ripAt = (base + StateOffset.rip) >>> 2;
    const ripLow = u32[ripAt]!;
    const ripHigh = i32[ripAt + 1]!;
    const { code64 } = cpu;
    const limit = code64 ? 0xffff_ffff : u32[(base + segmentLimitOffset(SegmentIndex.CS)) >>> 2]!;
    let low = ripLow;
    let high = ripHigh;
    let baseLow = 0;
    if (!code64) {
      baseLow = u32[(base + segmentBaseOffset(SegmentIndex.CS)) >>> 2]!;
      low = (ripLow + baseLow) >>> 0;
      high = 0;
      if (ripHigh !== 0 || ripLow > limit) return this.once();
    } else if ((high << 16) >> 16 !== high) return this.once();
    const table = u32[(base + StateOffset.tlbFetch) >>> 2]!;
    let host = cpu.tlb.lookup(table, low | 0, high);
    if (host === -1) {
      host = cpu.translate(low | 0, high, Access.Fetch);
      // No memory there, but perhaps answers from the hypervisor.
      if (host < 0) return host === TRANSLATE_FAULT ? FIND_FAULT : this.once();
    }
    const context = cache.context(baseLow, 0, limit);
    i32[(control + Control.context) >>> 2] = context;
    const entry =
      (control +
        Control.jumpCache +
        (((ripLow ^ (ripLow >>> 12) ^ (ripHigh << 20)) & (JUMP_CACHE_ENTRIES - 1)) << 4)) >>>
      2;
    if (!this.single && u32[entry] === ripLow && i32[entry + 1] === ripHigh && i32[entry + 2] === context) {
      const known = u32[entry + 3]!;
      // As the interpreter itself does, when it jumps: still that page? Closed blocks have a count of 0.
      const count = cpu.u16[(known + Field.d) >>> 1]!;
      if (i32[(known + Field.imm) >>> 2] === (host & ~0xfff) && count > 0 && count <= this.budget) return known;
    }
    if (!cache.makeRoom()) return this.find();
    const offset = low & 0xfff;
    const startLow = ripLow - offset;
    // Bytes of the page inside the limit; RIP of the first byte may be below 0 in the code page where CS begins.
    const end = Math.min(4096, limit - startLow + 1);
    const page = cache.page(host >>> 12, context, startLow | 0, code64 ? ripHigh : startLow < 0 ? -1 : 0, end);
    const pointer = cache.block(page, offset, this.single);
    if (pointer === 0) return this.once();
    if (!this.single) {
      u32[entry] = ripLow;
      i32[entry + 1] = ripHigh;
      i32[entry + 2] = context;
      u32[entry + 3] = pointer;
      if (cpu.u16[(pointer + Field.d) >>> 1]! > this.budget) {
        this.single = true;
        return cache.block(page, offset, true);
      }
    }
    return pointer;
  }

  /** The instruction at RIP from bytes fetched with all checks: it crosses pages, or a limit, or cannot be fetched at all. */
  private once(): number {
    const { cpu, bytes, cache } = this;
    const at = (cpu.base + StateOffset.rip) >>> 2;
    this.single = true;
    let have = 0;
    for (;;) {
      have = cpu.fetchInstruction(bytes, have);
      if (have < 0) return have === TRANSLATE_FAULT ? FIND_FAULT : FIND_EXIT;
      const pointer = cache.buildOnce(bytes, have, cpu.i32[at]!, cpu.i32[at + 1]!);
      if (pointer !== 0) return pointer;
    }
  }

  /** Goes to the target of an edge, and ties it when the page still stands. */
  private link(edge: number): void {
    const { cpu, cache } = this;
    const page = cache.pageOfRecord(edge & ~(RECORD_BYTES - 1));
    const offset = cache.edgeOffset(edge);
    this.setRip(page, offset);
    if (page.stale || !cache.makeRoom() || offset >= page.end) return;
    const pointer = cache.block(page, offset, false);
    if (pointer !== 0) cpu.u32[edge >>> 2] = pointer;
  }

  // ---- what the interpreter calls

  private stop(status: HelperStatus): void {
    this.stopped = status === HelperStatus.Fault ? TierStop.Fault : TierStop.Exit;
  }

  private slowLoad(pc: number, budget: number, low: number, high: number): number {
    const { cpu } = this;
    this.sync(pc, budget);
    const word = cpu.i32[(pc + Field.t) >>> 2]!;
    const segment = memoryWordSegment(word);
    if ((word & MEMORY_LINEAR) !== 0) [low, high] = this.withoutBase(segment, low, high);
    const dest = this.control + Control.scratch;
    const status = cpu.loadSegmented(segment, low, high, memoryWordBytes(word), memoryWordFlags(word), dest);
    if (status === HelperStatus.Continue) return dest;
    this.stop(status);
    return 0;
  }

  private slowStore(pc: number, budget: number, low: number, high: number): number {
    const { cpu } = this;
    this.sync(pc, budget);
    const word = cpu.i32[(pc + Field.t) >>> 2]!;
    const segment = memoryWordSegment(word);
    const bytes = memoryWordBytes(word);
    const flags = memoryWordFlags(word);
    if ((word & MEMORY_LINEAR) !== 0) [low, high] = this.withoutBase(segment, low, high);
    if (!this.single && this.hits(pc, segment, low, high, bytes, flags)) {
      this.restart = true;
      return 1;
    }
    const status = cpu.storeSegmented(segment, low, high, bytes, flags, this.control + Control.scratch);
    if (status === HelperStatus.Continue) return 0;
    this.stop(status);
    return 1;
  }

  /** Would the store of the record at `pc` change bytes of the block that is being run, or of one that shares its instruction? */
  private hits(pc: number, segment: number, low: number, high: number, bytes: number, flags: number): boolean {
    const { cpu, cache } = this;
    if (cpu.toLinear(segment, low, high, bytes, flags, true) !== HelperStatus.Continue) return false;
    const { linearLow, linearHigh } = cpu;
    const page = cache.pageOfRecord(pc);
    const at = infoOffset(cache.infoOf(pc));
    const offset = linearLow & 0xfff;
    const host = cpu.translate(linearLow, linearHigh, Access.Write);
    if (host >= 0 && host >>> 12 === page.hostPage && cache.covers(page, at, offset, offset + bytes)) return true;
    if (offset + bytes <= 4096) return false;
    const last = (linearLow >>> 0) + bytes - 1;
    const second = cpu.translate(last | 0, (linearHigh + (last > 0xffff_ffff ? 1 : 0)) | 0, Access.Write);
    return second >= 0 && second >>> 12 === page.hostPage && cache.covers(page, at, 0, (second & 0xfff) + 1);
  }

  private withoutBase(segment: number, low: number, high: number): [number, number] {
    const { u32, base } = this.cpu;
    const at = (base + segmentBaseOffset(segment)) >>> 2;
    const difference = (low >>> 0) - u32[at]!;
    if (!this.cpu.code64) return [difference | 0, 0];
    return [difference | 0, (high - u32[at + 1]! - (difference < 0 ? 1 : 0)) | 0];
  }

  private script(pc: number, budget: number): number {
    const { cpu } = this;
    const { u16, i32, u32, base } = cpu;
    this.sync(pc, budget);
    const half = pc >>> 1;
    const place = (slot: number): number => (slot === NO_SLOT ? 0 : base + slot);
    const result = place(u16[half + 1]!);
    const a = place(u16[half + 2]!);
    const b = place(u16[half + 3]!);
    const number = i32[(pc >>> 2) + 2]!;
    const c = place(i32[(pc >>> 2) + 3]!);
    const low = i32[(pc >>> 2) + 6]!;
    const high = i32[(pc >>> 2) + 7]!;
    // The one helper that stores in the middle of a block; where an exception waits, it touches no memory.
    if (number === X87_STORE && !this.single && !isX87Pending(cpu)) {
      const bytes = x87StoreBytes[low & 15]!;
      if (this.hits(pc, high, i32[a >>> 2]!, i32[(a >>> 2) + 1]!, bytes, 0)) {
        this.restart = true;
        return 1;
      }
    }
    if (result !== 0) {
      u32[result >>> 2] = 0;
      u32[(result >>> 2) + 1] = 0;
    }
    if (number >= FIRST_HELPER) {
      const helper = helperTable[number - FIRST_HELPER];
      if (helper === undefined) {
        fillUnimplemented(cpu, this.instructionBytes(), `helper ${number - FIRST_HELPER} is missing`);
        this.stopped = TierStop.Exit;
        return 1;
      }
      const status = helper(cpu, a, b, c, result, low, high);
      if (status === HelperStatus.Continue) return 0;
      this.stop(status);
      return 1;
    }
    switch (number) {
      case Script.GetRflags:
        u32[result >>> 2] = cpu.readRflags();
        return 0;
      case Script.SetRflags:
        cpu.writeRflags((cpu.readRflags() & ~low) | (i32[a >>> 2]! & low));
        return 0;
      case Script.Simd:
        evaluateSimd(cpu, low, a, b, c, high, result);
        return 0;
      default: {
        const bytes = high & 0xffff;
        const write = high >>> 16 !== 0;
        let status = cpu.toLinear(low, i32[a >>> 2]!, i32[(a >>> 2) + 1]!, bytes, 0, write);
        if (status === HelperStatus.Continue) {
          status = probeLinear(cpu, cpu.linearLow, cpu.linearHigh, bytes, write ? Access.Write : Access.Read, 0);
        }
        if (status === HelperStatus.Continue) return 0;
        this.stop(status);
        return 1;
      }
    }
  }

  /** A property: the interpreter calls it without another function between. See `ioExit` for what is done before and behind. */
  private readonly io = (form: number, port: number): number => {
    const { cpu } = this;
    const { onExit } = cpu;
    fillPortExit(cpu, form, port);
    return onExit === undefined ? this.exitAtPort(port) : this.answer(onExit);
  };

  /** The same at a port that the TSS does not permit: #GP(0), which may exit and be answered by doing the instruction after all. */
  private readonly refuseIo = (): number => {
    const { cpu } = this;
    const { onExit } = cpu;
    if (onExit === undefined || !cpu.isIntercepted(Vector.GP)) return this.raiseGp();
    fillGpExit(cpu);
    return this.answer(onExit);
  };

  /** 0: the block that is running may go on. */
  private answer(onExit: (exit: VmExit) => number): number {
    const { cpu } = this;
    const { version } = cpu;
    this.stopped = TierStop.Attention;
    const end = onExit(cpu.exit);
    return (end === AS_BEFORE || !cpu.moveEnd(end)) && version === cpu.version ? 0 : 1;
  }

  private raiseGp(): number {
    this.stopped = TierStop.Fault;
    this.cpu.raise(Vector.GP, 0);
    return 1;
  }

  private exitAtPort(port: number): number {
    const { cpu } = this;
    this.stopped = TierStop.Exit;
    if (hasBreakpoints(cpu)) matchPortBreakpoints(cpu, port, cpu.exit.size);
    return 1;
  }

  private instructionBytes(): Uint8Array {
    const { cpu } = this;
    const { u32, i32, base } = cpu;
    const at = (base + StateOffset.rip) >>> 2;
    const length = u32[(base + StateOffset.instructionLength) >>> 2]!;
    const table = u32[(base + StateOffset.tlbFetch) >>> 2]!;
    const host = cpu.tlb.lookup(table, i32[at]!, i32[at + 1]!);
    return host < 0 ? new Uint8Array(0) : cpu.u8.slice(host, host + length);
  }

  /** See InterpreterImports. */
  private resume(pc: number, budget: number, why: number): number {
    if (why === Resume.Leave) return this.leave(pc, budget);
    if (why === Resume.Stopped) return !this.restart && this.stopped === TierStop.Fault ? this.fault(pc, budget) : -1;
    const { cpu } = this;
    if (why === Resume.NotQuick) {
      cpu.pendingVector = cpu.i32[(this.control + Control.faultVector) >>> 2]!;
      return this.deliver(budget);
    }
    cpu.updateModeKey();
    return this.goOn(budget);
  }

  /** Carries out the record at `pc`. Gives what `resume` gives. */
  private leave(pc: number, budget: number): number {
    const { cpu } = this;
    const { u16, i32 } = cpu;
    const half = pc >>> 1;
    const op = u16[half]!;
    const kind = op === leaveOp ? i32[(pc >>> 2) + 2]! : Leave.Raise;
    if (kind === Leave.Fresh || kind === Leave.Dispatch) {
      const { cache } = this;
      if (kind === Leave.Fresh) {
        const info = cache.infoOf(pc);
        this.setRip(cache.pageOfRecord(pc), infoOffset(info) + infoLength(info));
      }
      cpu.updateModeKey();
      return this.goOn(budget);
    }
    this.sync(pc, budget);
    if (kind === Leave.Raise) {
      if (op === ret64Op) cpu.raise(Vector.GP, 0);
      else cpu.raise(u16[half + 1]!, u16[half + 3] === 0 ? undefined : i32[(pc >>> 2) + 3]!);
      return this.fault(pc, budget);
    }
    this.stopped = TierStop.Exit;
    if (kind === Leave.Exit) {
      const slot = u16[half + 2]!;
      const a = slot === NO_SLOT ? 0 : i32[(cpu.base + slot) >>> 2]!;
      fillExit(cpu, u16[half + 1]!, a, i32[(pc >>> 2) + 6]!, i32[(pc >>> 2) + 7]!);
    } else fillUnimplemented(cpu, this.instructionBytes(), "no semantics");
    return -1;
  }

  /** Something is raised at the record at `pc`; RIP and counts are exact. Gives what `resume` gives. */
  private fault(pc: number, budget: number): number {
    const { cpu, control } = this;
    this.stopped = TierStop.Fault;
    if (!cpu.mayDeliver()) return -1;
    // What was paid for and not done comes back; delivery takes one.
    const after = budget + infoRemaining(this.cache.infoOf(pc)) - 1;
    const { i32, base } = cpu;
    const isQuiet = i32[(base + StateOffset.quiet) >>> 2] !== 0 && i32[(base + StateOffset.attention) >>> 2] === 0;
    if (!isQuiet || cpu.pendingTrapLength !== 0) return this.deliver(after);
    const at = control >>> 2;
    i32[at + Control.faultVector / 4] = cpu.pendingVector;
    i32[at + Control.faultError / 4] = cpu.pendingErrorCode ?? -1;
    i32[at + Control.faultFlags / 4] = cpu.readRflags() | Rflags.RF;
    i32[at + Control.budget / 4] = after;
    cpu.pendingVector = -1;
    return RESUME_WITH_FAULT;
  }

  /** The pending fault, in TypeScript; `budget` behind it. Gives what `resume` gives. */
  private deliver(budget: number): number {
    return this.cpu.deliverFault() ? this.goOn(budget) : -1;
  }

  /** The mode may have changed, all that was paid for is done: on at RIP. Gives what `resume` gives. */
  private goOn(budget: number): number {
    const { cpu, cache, control } = this;
    const { u32, i32, base } = cpu;
    if (u32[(base + StateOffset.attention) >>> 2] !== 0 || cpu.wantsAttention()) {
      const done = this.slice - budget - i32[(control + Control.parked) >>> 2]!;
      this.writeCounts(this.retired + done, this.budget - done);
      this.stopped = TierStop.Attention;
      return -1;
    }
    const { code64 } = cpu;
    const baseLow = code64 ? 0 : u32[(base + segmentBaseOffset(SegmentIndex.CS)) >>> 2]!;
    const limit = code64 ? 0xffff_ffff : u32[(base + segmentLimitOffset(SegmentIndex.CS)) >>> 2]!;
    const context = cache.context(baseLow, 0, limit);
    const { modeKey } = cpu;
    const known = (control + Control.contexts + (((modeKey >>> ModeKeyShift.cpl) & (KNOWN_CONTEXTS - 1)) << 4)) >>> 2;
    i32[known] = modeKey;
    i32[known + 1] = baseLow;
    i32[known + 2] = limit;
    i32[known + 3] = context;
    i32[(control + Control.context) >>> 2] = context;
    return budget;
  }
}

const FIND_FAULT = -1;
const FIND_EXIT = -2;
