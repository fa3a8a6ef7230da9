/** Interrupts in protected and virtual-8086 mode (SDM vol. 2, INT n; vol. 3 §7.12). */
import { Vector } from "x86-lift";
import { Rflags } from "../control-bits.ts";
import type { Cpu } from "../cpu.ts";
import { HelperStatus } from "../helper.ts";
import { readSystem32 } from "../mmu/system-access.ts";
import { SegmentIndex, segmentSelectorOffset } from "../segment.ts";
import {
  type Descriptor,
  descriptorDpl,
  descriptorLimit,
  isCode,
  isConforming,
  isNullSelector,
  isPresent,
  markAccessed,
  readDescriptor,
  SystemType,
  selectorError,
  setNullSegment,
  setSegmentFromDescriptor,
} from "../segments/descriptor.ts";
import { checkStackDescriptor } from "../segments/load-data.ts";
import { currentStack, pushFrame, RSP, type Stack, setStackPointer, stackOf } from "../segments/stack-frame.ts";
import { switchTask } from "../segments/task-switch.ts";
import { readTssStack } from "../segments/tss.ts";
import { StateOffset } from "../state-layout.ts";
import { type Event, externalBit, gateError } from "./event.ts";

const gateTypes: ReadonlySet<number> = new Set<number>([
  SystemType.TaskGate,
  SystemType.InterruptGate16,
  SystemType.TrapGate16,
  SystemType.InterruptGate,
  SystemType.TrapGate,
]);
const interruptGates: ReadonlySet<number> = new Set<number>([SystemType.InterruptGate16, SystemType.InterruptGate]);
const wideGates: ReadonlySet<number> = new Set<number>([SystemType.InterruptGate, SystemType.TrapGate]);

export function deliverProtected(cpu: Cpu, event: Event): HelperStatus {
  const external = externalBit(event);
  if (event.vector * 8 + 7 > cpu.get32(StateOffset.idtrLimit)) return cpu.raise(Vector.GP, gateError(event));
  const entry = cpu.get64(StateOffset.idtrBase) + BigInt(event.vector * 8);
  const low = readSystem32(cpu, BigInt.asUintN(32, entry));
  if (low === undefined) return HelperStatus.Fault;
  const high = readSystem32(cpu, BigInt.asUintN(32, entry + 4n));
  if (high === undefined) return HelperStatus.Fault;

  const type = (high >>> 8) & 0x1f;
  if (!gateTypes.has(type)) return cpu.raise(Vector.GP, gateError(event));
  if (event.isSoftware && ((high >>> 13) & 3) < cpu.cpl) return cpu.raise(Vector.GP, gateError(event));
  if ((high & (1 << 15)) === 0) return cpu.raise(Vector.NP, gateError(event));
  const selector = low >>> 16;
  if (type === SystemType.TaskGate) {
    return switchTask(cpu, selector, {
      kind: "gate",
      returnRip: event.returnRip,
      flags: event.flags,
      errorCode: event.errorCode,
      external,
    });
  }

  if (isNullSelector(selector)) return cpu.raise(Vector.GP, external);
  const code = selectorError(selector) | external;
  const d = readDescriptor(cpu, selector);
  if (d === undefined) return HelperStatus.Fault;
  if (d === "missing" || !isCode(d) || descriptorDpl(d) > cpu.cpl) return cpu.raise(Vector.GP, code);
  if (!isPresent(d)) return cpu.raise(Vector.NP, code);
  const isWide = wideGates.has(type);
  const offset = isWide ? ((low & 0xffff) | (high & 0xffff_0000)) >>> 0 : low & 0xffff;
  if (offset > descriptorLimit(d)) return cpu.raise(Vector.GP, external);

  const { virtual8086 } = cpu;
  const inner = !isConforming(d) && descriptorDpl(d) < cpu.cpl;
  if (virtual8086 && (!inner || descriptorDpl(d) !== 0)) return cpu.raise(Vector.GP, code);
  const target = { event, d, selector, offset, isWide };
  const status = inner ? toInner(cpu, target) : toSame(cpu, target);
  if (status !== HelperStatus.Continue) return status;
  const cleared = Rflags.TF | Rflags.NT | Rflags.RF | Rflags.VM | (interruptGates.has(type) ? Rflags.IF : 0);
  cpu.writeRflags(event.flags & ~cleared);
  return HelperStatus.Continue;
}

interface Target {
  readonly event: Event;
  readonly d: Descriptor;
  readonly selector: number;
  readonly offset: number;
  readonly isWide: boolean;
}

/** EFLAGS, CS, EIP and the error code, if any. */
function returnFrame(cpu: Cpu, event: Event): bigint[] {
  const cs = BigInt(cpu.get16(segmentSelectorOffset(SegmentIndex.CS)));
  const frame = [BigInt(event.flags >>> 0), cs, event.returnRip];
  if (event.errorCode !== undefined) frame.push(BigInt(event.errorCode));
  return frame;
}

function enter(cpu: Cpu, { d, selector, offset }: Target, cpl: number): void {
  setSegmentFromDescriptor(cpu, SegmentIndex.CS, (selector & 0xfffc) | cpl, d);
  cpu.cpl = cpl;
  cpu.rip = BigInt(offset);
}

function toSame(cpu: Cpu, target: Target): HelperStatus {
  const stack = currentStack(cpu, externalBit(target.event));
  const pointer = pushFrame(cpu, stack, target.isWide ? 4 : 2, returnFrame(cpu, target.event));
  if (pointer === undefined || !markAccessed(cpu, target.d)) return HelperStatus.Fault;
  setStackPointer(cpu, stack.bits, pointer);
  enter(cpu, target, cpu.cpl);
  return HelperStatus.Continue;
}

/** To a more privileged level, on a stack from the TSS; out of virtual-8086 mode with all segment registers. */
function toInner(cpu: Cpu, target: Target): HelperStatus {
  const { event, d } = target;
  const external = externalBit(event);
  const level = descriptorDpl(d);
  const source = readTssStack(cpu, level, external);
  if (source === undefined) return HelperStatus.Fault;
  if (isNullSelector(source.selector)) return cpu.raise(Vector.TS, external);
  const ss = checkStackDescriptor(cpu, source.selector, level, Vector.TS, external);
  if (ss === undefined) return HelperStatus.Fault;

  const old = (segment: number): bigint => BigInt(cpu.get16(segmentSelectorOffset(segment)));
  const { virtual8086 } = cpu;
  const { GS, FS, DS, ES, SS } = SegmentIndex;
  const segments = virtual8086 ? [old(GS), old(FS), old(DS), old(ES)] : [];
  const frame = [...segments, old(SS), cpu.readGpr(RSP), ...returnFrame(cpu, event)];
  const stack: Stack = stackOf(ss, source.pointer, level, selectorError(source.selector) | external);
  const pointer = pushFrame(cpu, stack, target.isWide ? 4 : 2, frame);
  if (pointer === undefined || !markAccessed(cpu, d) || !markAccessed(cpu, ss)) return HelperStatus.Fault;

  if (virtual8086) for (const segment of [GS, FS, DS, ES]) setNullSegment(cpu, segment, 0);
  setSegmentFromDescriptor(cpu, SS, source.selector, ss);
  // The new stack's width decides how much of ESP is replaced; what an outer 16-bit stack left above is lost.
  cpu.writeGpr(RSP, stack.bits === 16 ? (cpu.readGpr(RSP) & 0xffff_0000n) | pointer : pointer);
  enter(cpu, target, level);
  return HelperStatus.Continue;
}
