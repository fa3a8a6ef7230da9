/** JMP, CALL and RET far, SYSCALL, SYSRET, SYSENTER, SYSEXIT. All set RIP. */
import { Vector } from "x86-lift";
import { Rflags } from "../control-bits.ts";
import type { Cpu } from "../cpu.ts";
import { type Helper, HelperStatus } from "../helper.ts";
import {
  SegmentAttribute,
  SegmentIndex,
  segmentDplShift,
  segmentLimitOffset,
  segmentSelectorOffset,
} from "../segment.ts";
import { throughCallGate } from "../segments/call-gate.ts";
import { checkDirectCode, checkTarget, enterCode, isLongTarget } from "../segments/code.ts";
import {
  descriptorDpl,
  descriptorType,
  isNullSelector,
  isSystem,
  readDescriptor,
  SystemType,
  selectorError,
  selectorRpl,
  setRealSegment,
  setSegment,
} from "../segments/descriptor.ts";
import { peekStack, returnFar } from "../segments/far-return.ts";
import { currentStack, pushFrame, RSP, setStackPointer } from "../segments/stack-frame.ts";
import { switchTask } from "../segments/task-switch.ts";
import { StateOffset } from "../state-layout.ts";
import { isCanonicalAddress } from "../system/control-registers.ts";
import { read16, read64 } from "./operands.ts";

/** RIP of the next instruction. */
export const nextRip = (cpu: Cpu): bigint =>
  BigInt.asUintN(cpu.code64 ? 64 : 32, cpu.rip + BigInt(cpu.get32(StateOffset.instructionLength)));

const inRealSegments = (cpu: Cpu): boolean => !cpu.protectedMode || cpu.virtual8086;

const fresh = (cpu: Cpu, status: HelperStatus): HelperStatus => {
  if (status === HelperStatus.Continue) cpu.updateModeKey();
  return status;
};

function enterReal(cpu: Cpu, selector: number, offset: bigint): HelperStatus {
  if (offset > BigInt(cpu.get32(segmentLimitOffset(SegmentIndex.CS)))) return cpu.raise(Vector.GP, 0);
  setRealSegment(cpu, SegmentIndex.CS, selector);
  cpu.rip = offset;
  return HelperStatus.Continue;
}

/** JMP and CALL (returnRip defined) to a selector and offset. */
function transfer(cpu: Cpu, selector: number, target: bigint, bits: number, isCall: boolean): HelperStatus {
  const offset = BigInt.asUintN(bits, target);
  const bytes = bits >>> 3;
  const returnRip = isCall ? nextRip(cpu) : undefined;
  const stack = currentStack(cpu, 0);
  const oldCs = BigInt(cpu.get16(segmentSelectorOffset(SegmentIndex.CS)));

  if (inRealSegments(cpu)) {
    if (returnRip === undefined) return enterReal(cpu, selector, offset);
    if (offset > BigInt(cpu.get32(segmentLimitOffset(SegmentIndex.CS)))) return cpu.raise(Vector.GP, 0);
    const pointer = pushFrame(cpu, stack, bytes, [oldCs, returnRip]);
    if (pointer === undefined) return HelperStatus.Fault;
    setStackPointer(cpu, stack.bits, pointer);
    return enterReal(cpu, selector, offset);
  }

  if (isNullSelector(selector)) return cpu.raise(Vector.GP, 0);
  const d = readDescriptor(cpu, selector);
  if (d === undefined) return HelperStatus.Fault;
  if (d === "missing") return cpu.raise(Vector.GP, selectorError(selector));
  if (isSystem(d)) return throughSystem(cpu, d, returnRip);
  if (!checkDirectCode(cpu, d) || !checkTarget(cpu, d, offset)) return HelperStatus.Fault;
  if (returnRip === undefined) return enterCode(cpu, d, cpu.cpl, offset) ? HelperStatus.Continue : HelperStatus.Fault;
  const pointer = pushFrame(cpu, stack, bytes, [oldCs, returnRip]);
  if (pointer === undefined || !enterCode(cpu, d, cpu.cpl, offset)) return HelperStatus.Fault;
  // Out of compatibility mode into 64-bit code the stack pointer is zero-extended, as any 32-bit write.
  setStackPointer(cpu, isLongTarget(cpu, d) ? 64 : stack.bits, pointer);
  return HelperStatus.Continue;
}

function throughSystem(
  cpu: Cpu,
  d: Parameters<typeof throughCallGate>[1],
  returnRip: bigint | undefined,
): HelperStatus {
  const type = descriptorType(d);
  const { selector } = d;
  const code = selectorError(selector);
  if (type === SystemType.CallGate || (type === SystemType.CallGate16 && !cpu.longMode)) {
    return throughCallGate(cpu, d, returnRip);
  }
  const isTss = type === SystemType.Tss || type === SystemType.Tss16;
  if (cpu.longMode || (!isTss && type !== SystemType.TaskGate)) return cpu.raise(Vector.GP, code);
  const dpl = descriptorDpl(d);
  if (dpl < cpu.cpl || dpl < selectorRpl(selector)) return cpu.raise(Vector.GP, code);
  if (type === SystemType.TaskGate && (d.high & (1 << 15)) === 0) return cpu.raise(Vector.NP, code);
  return switchTask(cpu, isTss ? selector : d.low >>> 16, {
    kind: returnRip === undefined ? "jump" : "call",
    returnRip: nextRip(cpu),
    flags: cpu.readRflags(),
    errorCode: undefined,
    external: 0,
  });
}

const farJump: Helper = (cpu, a, b, _c, _result, lo) =>
  fresh(cpu, transfer(cpu, read16(cpu, a), read64(cpu, b), lo, false));

const farCall: Helper = (cpu, a, b, _c, _result, lo) =>
  fresh(cpu, transfer(cpu, read16(cpu, a), read64(cpu, b), lo, true));

const farReturn: Helper = (cpu, _a, _b, _c, _result, lo, hi) => {
  const bytes = lo >>> 3;
  const stack = currentStack(cpu, 0);
  const rip = peekStack(cpu, stack, 0, bytes);
  if (rip === undefined) return HelperStatus.Fault;
  const cs = peekStack(cpu, stack, bytes, bytes);
  if (cs === undefined) return HelperStatus.Fault;
  const selector = Number(cs & 0xffffn);
  if (inRealSegments(cpu)) {
    const status = enterReal(cpu, selector, rip);
    if (status !== HelperStatus.Continue) return status;
    setStackPointer(cpu, stack.bits, stack.pointer + BigInt(bytes * 2 + hi));
    return fresh(cpu, status);
  }
  const outerAt = bytes * 2 + hi;
  return fresh(cpu, returnFar(cpu, { bytes, rip, selector, outerAt, release: hi, alwaysStack: false }));
};

const flat = 0xffff_ffff;
const { Accessed, Present, CodeOrData, Code, Readable, Writable, Long, Big, Granularity } = SegmentAttribute;

/** The fixed segments of the fast system calls: flat, whatever the GDT says. */
function setFastSegments(cpu: Cpu, cs: number, ss: number, cpl: number, isLong: boolean): void {
  const common = Accessed | Present | CodeOrData | Granularity | (cpl << segmentDplShift);
  setSegment(cpu, SegmentIndex.CS, cs, 0n, flat, common | Code | Readable | (isLong ? Long : Big));
  setSegment(cpu, SegmentIndex.SS, ss, 0n, flat, common | Writable | Big);
  cpu.cpl = cpl;
}

const RCX = 1;
const RDX = 2;
const R11 = 11;

const syscall: Helper = (cpu) => {
  const star = cpu.get64(StateOffset.star);
  const target = cpu.get64(cpu.code64 ? StateOffset.lstar : StateOffset.cstar);
  const flags = cpu.readRflags() & ~Rflags.RF;
  cpu.writeGpr(RCX, nextRip(cpu));
  cpu.writeGpr(R11, BigInt(flags >>> 0));
  cpu.writeRflags(flags & ~cpu.get32(StateOffset.sfmask));
  const selector = Number((star >> 32n) & 0xfffcn);
  setFastSegments(cpu, selector, selector + 8, 0, true);
  cpu.rip = target;
  // TF is looked at as FMASK leaves it: a kernel that masks it sees no trap.
  if ((cpu.readRflags() & Rflags.TF) === 0) cpu.suppressStep = true;
  return fresh(cpu, HelperStatus.Continue);
};

const sysret: Helper = (cpu, _a, _b, _c, _result, lo) => {
  const isLong = lo === 64;
  const rip = isLong ? cpu.readGpr(RCX) : cpu.readGpr(RCX) & 0xffff_ffffn;
  if (isLong && !isCanonicalAddress(cpu, rip)) return cpu.raise(Vector.GP, 0);
  cpu.writeRflags(Number(cpu.readGpr(R11) & 0x3c_7fd7n));
  cpu.resumeFlagAt = -1;
  const selector = Number((cpu.get64(StateOffset.star) >> 48n) & 0xffffn);
  setFastSegments(cpu, (selector + (isLong ? 16 : 0)) | 3, (selector + 8) | 3, 3, isLong);
  cpu.rip = rip;
  return fresh(cpu, HelperStatus.Continue);
};

const sysenter: Helper = (cpu) => {
  const selector = Number(cpu.get64(StateOffset.sysenterCs) & 0xfffcn);
  if (selector === 0) return cpu.raise(Vector.GP, 0);
  const bits = cpu.longMode ? 64 : 32;
  cpu.writeRflags(cpu.readRflags() & ~(Rflags.VM | Rflags.IF | Rflags.RF));
  setFastSegments(cpu, selector, selector + 8, 0, cpu.longMode);
  cpu.writeGpr(RSP, BigInt.asUintN(bits, cpu.get64(StateOffset.sysenterEsp)));
  cpu.rip = BigInt.asUintN(bits, cpu.get64(StateOffset.sysenterEip));
  return fresh(cpu, HelperStatus.Continue);
};

const sysexit: Helper = (cpu, _a, _b, _c, _result, lo) => {
  const base = Number(cpu.get64(StateOffset.sysenterCs) & 0xfffcn);
  if (base === 0) return cpu.raise(Vector.GP, 0);
  const isLong = lo === 64;
  const rip = BigInt.asUintN(lo, cpu.readGpr(RDX));
  const rsp = BigInt.asUintN(lo, cpu.readGpr(RCX));
  if (isLong && !(isCanonicalAddress(cpu, rip) && isCanonicalAddress(cpu, rsp))) return cpu.raise(Vector.GP, 0);
  const selector = base + (isLong ? 32 : 16);
  setFastSegments(cpu, selector | 3, (selector + 8) | 3, 3, isLong);
  cpu.writeGpr(RSP, rsp);
  cpu.rip = rip;
  return fresh(cpu, HelperStatus.Continue);
};

export const farHelpers = { farJump, farCall, farReturn, syscall, sysret, sysenter, sysexit };
