/** Checks of code segments and targets for far transfers (SDM vol. 3 §6.8.1; vol. 2, JMP, CALL, RET, IRET). */
import { Vector } from "x86-lift";
import type { Cpu } from "../cpu.ts";
import { SegmentIndex } from "../segment.ts";
import { isCanonicalAddress } from "../system/control-registers.ts";
import {
  type Descriptor,
  descriptorDpl,
  descriptorLimit,
  isBig,
  isCode,
  isConforming,
  isLong,
  isPresent,
  markAccessed,
  selectorError,
  selectorRpl,
  setSegmentFromDescriptor,
} from "./descriptor.ts";

/** Will code of this segment be 64-bit? */
export const isLongTarget = (cpu: Cpu, d: Descriptor): boolean => cpu.longMode && isLong(d);

/** JMP and CALL straight to a code segment. False: raised. */
export function checkDirectCode(cpu: Cpu, d: Descriptor): boolean {
  const code = selectorError(d.selector);
  const { cpl } = cpu;
  const dpl = descriptorDpl(d);
  const allowed = isConforming(d) ? dpl <= cpl : selectorRpl(d.selector) <= cpl && dpl === cpl;
  if (!isCode(d) || !allowed || (cpu.longMode && isLong(d) && isBig(d))) {
    cpu.raise(Vector.GP, code);
    return false;
  }
  return checkPresent(cpu, d);
}

/** RET and IRET to a code segment whose selector's RPL is the new CPL. False: raised. */
export function checkReturnCode(cpu: Cpu, d: Descriptor): boolean {
  const rpl = selectorRpl(d.selector);
  const dpl = descriptorDpl(d);
  const allowed = rpl >= cpu.cpl && (isConforming(d) ? dpl <= rpl : dpl === rpl);
  if (!isCode(d) || !allowed || (cpu.longMode && isLong(d) && isBig(d))) {
    cpu.raise(Vector.GP, selectorError(d.selector));
    return false;
  }
  return checkPresent(cpu, d);
}

export function checkPresent(cpu: Cpu, d: Descriptor): boolean {
  if (isPresent(d)) return true;
  cpu.raise(Vector.NP, selectorError(d.selector));
  return false;
}

/** #GP(0) unless the offset is inside the segment or, for 64-bit code, canonical. False: raised. */
export function checkTarget(cpu: Cpu, d: Descriptor, offset: bigint): boolean {
  const legal = isLongTarget(cpu, d) ? isCanonicalAddress(cpu, offset) : offset <= BigInt(descriptorLimit(d));
  if (!legal) cpu.raise(Vector.GP, 0);
  return legal;
}

/** CS:RIP and CPL. False: marking the descriptor accessed faulted. */
export function enterCode(cpu: Cpu, d: Descriptor, cpl: number, offset: bigint): boolean {
  if (!markAccessed(cpu, d)) return false;
  setSegmentFromDescriptor(cpu, SegmentIndex.CS, (d.selector & 0xfffc) | cpl, d);
  cpu.cpl = cpl;
  cpu.rip = offset;
  return true;
}
