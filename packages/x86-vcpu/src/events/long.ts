/** Interrupts in long mode (SDM vol. 3 §7.14): 16-byte gates, always five words and 16-byte alignment, IST. */
import { Vector } from "x86-lift";
import { Rflags } from "../control-bits.ts";
import type { Cpu } from "../cpu.ts";
import { HelperStatus } from "../helper.ts";
import { isCanonical } from "../mmu/segmentation.ts";
import { high32, readSystem32, readSystem64 } from "../mmu/system-access.ts";
import { SegmentIndex, segmentSelectorOffset } from "../segment.ts";
import {
  descriptorDpl,
  isBig,
  isCode,
  isConforming,
  isLong,
  isNullSelector,
  isPresent,
  markAccessed,
  readDescriptor,
  SystemType,
  selectorError,
  setNullSegment,
  setSegmentFromDescriptor,
} from "../segments/descriptor.ts";
import { longStack, pushFrame, RSP } from "../segments/stack-frame.ts";
import { readLongStack } from "../segments/tss.ts";
import { StateOffset } from "../state-layout.ts";
import { type Event, externalBit, gateError } from "./event.ts";

export function deliverLong(cpu: Cpu, event: Event): HelperStatus {
  const external = externalBit(event);
  if (event.vector * 16 + 15 > cpu.get32(StateOffset.idtrLimit)) return cpu.raise(Vector.GP, gateError(event));
  const entry = BigInt.asUintN(64, cpu.get64(StateOffset.idtrBase) + BigInt(event.vector * 16));
  const gate = readSystem64(cpu, entry);
  if (gate === undefined) return HelperStatus.Fault;
  const offsetHigh = readSystem32(cpu, BigInt.asUintN(64, entry + 8n));
  if (offsetHigh === undefined) return HelperStatus.Fault;
  const low = Number(gate & 0xffff_ffffn);
  const high = Number(gate >> 32n);

  const type = (high >>> 8) & 0x1f;
  const isInterruptGate = type === SystemType.InterruptGate;
  if (!isInterruptGate && type !== SystemType.TrapGate) return cpu.raise(Vector.GP, gateError(event));
  if (event.isSoftware && ((high >>> 13) & 3) < cpu.cpl) return cpu.raise(Vector.GP, gateError(event));
  if ((high & (1 << 15)) === 0) return cpu.raise(Vector.NP, gateError(event));

  const selector = low >>> 16;
  if (isNullSelector(selector)) return cpu.raise(Vector.GP, external);
  const code = selectorError(selector) | external;
  const d = readDescriptor(cpu, selector);
  if (d === undefined) return HelperStatus.Fault;
  if (d === "missing" || !isCode(d) || descriptorDpl(d) > cpu.cpl) return cpu.raise(Vector.GP, code);
  if (!isLong(d) || isBig(d)) return cpu.raise(Vector.GP, code);
  if (!isPresent(d)) return cpu.raise(Vector.NP, code);
  const rip = (BigInt(offsetHigh) << 32n) | BigInt(((low & 0xffff) | (high & 0xffff_0000)) >>> 0);
  if (!isCanonical(cpu, high32(rip))) return cpu.raise(Vector.GP, external);

  const level = isConforming(d) ? cpu.cpl : descriptorDpl(d);
  const isInner = level < cpu.cpl;
  const ist = high & 7;
  const source = isInner || ist !== 0 ? readLongStack(cpu, level, ist, external) : cpu.readGpr(RSP);
  if (source === undefined) return HelperStatus.Fault;

  const old = (segment: number): bigint => BigInt(cpu.get16(segmentSelectorOffset(segment)));
  const frame = [
    old(SegmentIndex.SS),
    cpu.readGpr(RSP),
    BigInt(event.flags >>> 0),
    old(SegmentIndex.CS),
    event.returnRip,
  ];
  if (event.errorCode !== undefined) frame.push(BigInt(event.errorCode));
  const pointer = pushFrame(cpu, longStack(source & ~0xfn, level, external), 8, frame);
  if (pointer === undefined || !markAccessed(cpu, d)) return HelperStatus.Fault;

  cpu.writeGpr(RSP, pointer);
  setSegmentFromDescriptor(cpu, SegmentIndex.CS, (selector & 0xfffc) | level, d);
  if (isInner) setNullSegment(cpu, SegmentIndex.SS, level, level);
  cpu.cpl = level;
  cpu.rip = rip;
  const cleared = Rflags.TF | Rflags.NT | Rflags.RF | Rflags.VM | (isInterruptGate ? Rflags.IF : 0);
  cpu.writeRflags(event.flags & ~cleared);
  return HelperStatus.Continue;
}
