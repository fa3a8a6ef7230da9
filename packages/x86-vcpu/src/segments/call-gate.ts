/** JMP and CALL through call gates (SDM vol. 3 §6.8.3–6.8.6). */
import { MemoryFlag, Vector } from "x86-lift";
import type { Cpu } from "../cpu.ts";
import { HelperStatus } from "../helper.ts";
import { high32, low32, readSystem32 } from "../mmu/system-access.ts";
import { SegmentIndex, segmentSelectorOffset } from "../segment.ts";
import { StateOffset } from "../state-layout.ts";
import { checkPresent, checkTarget, enterCode } from "./code.ts";
import {
  type Descriptor,
  descriptorDpl,
  descriptorType,
  isBig,
  isCode,
  isConforming,
  isLong,
  isNullSelector,
  markAccessed,
  readDescriptor,
  SystemType,
  selectorError,
  selectorRpl,
  setNullSegment,
  setSegmentFromDescriptor,
} from "./descriptor.ts";
import { checkStackDescriptor } from "./load-data.ts";
import { currentStack, longStack, pushFrame, RSP, setStackPointer, stackLinear, stackOf } from "./stack-frame.ts";
import { readLongStack, readTssStack } from "./tss.ts";

/** returnRip: undefined for JMP. */
export function throughCallGate(cpu: Cpu, gate: Descriptor, returnRip: bigint | undefined): HelperStatus {
  const gateCode = selectorError(gate.selector);
  const dpl = descriptorDpl(gate);
  if (dpl < cpu.cpl || dpl < selectorRpl(gate.selector)) return cpu.raise(Vector.GP, gateCode);
  if (!checkPresent(cpu, gate)) return HelperStatus.Fault;

  const isNarrow = descriptorType(gate) === SystemType.CallGate16;
  let offset = BigInt(isNarrow ? gate.low & 0xffff : ((gate.low & 0xffff) | (gate.high & 0xffff_0000)) >>> 0);
  if (cpu.longMode) {
    const high = readSystem32(cpu, gate.linear + 8n);
    const type = readSystem32(cpu, gate.linear + 12n);
    if (high === undefined || type === undefined) return HelperStatus.Fault;
    if ((type & 0x1f00) !== 0) return cpu.raise(Vector.GP, gateCode);
    offset |= BigInt(high) << 32n;
  }

  const selector = gate.low >>> 16;
  if (isNullSelector(selector)) return cpu.raise(Vector.GP, 0);
  const d = readDescriptor(cpu, selector);
  if (d === undefined) return HelperStatus.Fault;
  const code = selectorError(selector);
  if (d === "missing" || !isCode(d)) return cpu.raise(Vector.GP, code);
  const level = descriptorDpl(d);
  const isJump = returnRip === undefined;
  const allowed = isConforming(d) || !isJump ? level <= cpu.cpl : level === cpu.cpl;
  if (!allowed || (cpu.longMode && (!isLong(d) || isBig(d)))) return cpu.raise(Vector.GP, code);
  if (!checkPresent(cpu, d) || !checkTarget(cpu, d, offset)) return HelperStatus.Fault;

  if (isJump) return enterCode(cpu, d, cpu.cpl, offset) ? HelperStatus.Continue : HelperStatus.Fault;
  const bytes = cpu.longMode ? 8 : isNarrow ? 2 : 4;
  const inner = !isConforming(d) && level < cpu.cpl;
  const call = { d, offset, bytes, returnRip };
  if (!inner) return toSame(cpu, call);
  return cpu.longMode ? toInnerLong(cpu, call) : toInner(cpu, call, gate.high & 0x1f);
}

interface GateCall {
  readonly d: Descriptor;
  readonly offset: bigint;
  readonly bytes: number;
  readonly returnRip: bigint;
}

const selectorOf = (cpu: Cpu, segment: number): bigint => BigInt(cpu.get16(segmentSelectorOffset(segment)));

function toSame(cpu: Cpu, { d, offset, bytes, returnRip }: GateCall): HelperStatus {
  const stack = currentStack(cpu, 0);
  const pointer = pushFrame(cpu, stack, bytes, [selectorOf(cpu, SegmentIndex.CS), returnRip]);
  if (pointer === undefined || !enterCode(cpu, d, cpu.cpl, offset)) return HelperStatus.Fault;
  setStackPointer(cpu, stack.bits, pointer);
  return HelperStatus.Continue;
}

function toInner(cpu: Cpu, { d, offset, bytes, returnRip }: GateCall, parameters: number): HelperStatus {
  const level = descriptorDpl(d);
  const source = readTssStack(cpu, level, 0);
  if (source === undefined) return HelperStatus.Fault;
  if (isNullSelector(source.selector)) return cpu.raise(Vector.TS, 0);
  const ss = checkStackDescriptor(cpu, source.selector, level, Vector.TS, 0);
  if (ss === undefined) return HelperStatus.Fault;

  const old = currentStack(cpu, 0);
  const frame = [selectorOf(cpu, SegmentIndex.SS), cpu.readGpr(RSP)];
  for (let n = parameters - 1; n >= 0; n--) {
    const at = BigInt.asUintN(old.bits, old.pointer + BigInt(n * bytes));
    const linear = stackLinear(cpu, old, at, bytes);
    if (linear === undefined) return HelperStatus.Fault;
    cpu.set64(StateOffset.scratch, 0n);
    const flags = cpu.cpl === 3 ? 0 : MemoryFlag.Supervisor;
    const status = cpu.loadLinear(low32(linear), high32(linear), bytes, flags, cpu.base + StateOffset.scratch);
    if (status !== HelperStatus.Continue) return status;
    frame.push(cpu.get64(StateOffset.scratch));
  }
  frame.push(selectorOf(cpu, SegmentIndex.CS), returnRip);
  const stack = stackOf(ss, source.pointer, level, selectorError(source.selector));
  const pointer = pushFrame(cpu, stack, bytes, frame);
  if (pointer === undefined || !markAccessed(cpu, ss)) return HelperStatus.Fault;
  if (!enterCode(cpu, d, level, offset)) return HelperStatus.Fault;
  setSegmentFromDescriptor(cpu, SegmentIndex.SS, source.selector, ss);
  setStackPointer(cpu, stack.bits, pointer);
  return HelperStatus.Continue;
}

function toInnerLong(cpu: Cpu, { d, offset, bytes, returnRip }: GateCall): HelperStatus {
  const level = descriptorDpl(d);
  const source = readLongStack(cpu, level, 0, 0);
  if (source === undefined) return HelperStatus.Fault;
  const frame = [selectorOf(cpu, SegmentIndex.SS), cpu.readGpr(RSP), selectorOf(cpu, SegmentIndex.CS), returnRip];
  const pointer = pushFrame(cpu, longStack(source, level, 0), bytes, frame);
  if (pointer === undefined || !enterCode(cpu, d, level, offset)) return HelperStatus.Fault;
  setNullSegment(cpu, SegmentIndex.SS, level, level);
  cpu.writeGpr(RSP, pointer);
  return HelperStatus.Continue;
}
