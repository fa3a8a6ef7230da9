/** The usual cases of delivery and IRET, quickly; whatever is otherwise is left, with nothing done, to those who know what it means. */
import { Rflags, statusFlags } from "../control-bits.ts";
import type { Cpu } from "../cpu.ts";
import { hasBreakpoints } from "../mmu/breakpoints.ts";
import { StateOffset } from "../state-layout.ts";
import { deliverLongQuickly, returnLongQuickly } from "./quick-long.ts";
import { deliverProtectedQuickly, returnProtectedQuickly } from "./quick-protected.ts";

/**
 * Delivers an event as `deliverEvent` does, RIP plus `length` and `flags` to be pushed; status flags stay what they are. The mode key is out of
 * date then. False: nothing has happened.
 */
export function deliverQuickly(
  cpu: Cpu,
  vector: number,
  errorCode: number | undefined,
  isSoftware: boolean,
  length: number,
  flags: number,
): boolean {
  if (hasBreakpoints(cpu)) return false;
  let closes = -1;
  if (cpu.code64) closes = deliverLongQuickly(cpu, vector, errorCode, isSoftware, length, flags);
  else if (isPlainProtected(cpu)) closes = deliverProtectedQuickly(cpu, vector, errorCode, isSoftware, length, flags);
  if (closes < 0) return false;
  const cleared = statusFlags | Rflags.TF | Rflags.NT | Rflags.RF | Rflags.VM | (closes === 1 ? Rflags.IF : 0);
  cpu.set32(StateOffset.rflagsOther, (flags & ~cleared) | Rflags.Fixed);
  cpu.set32(StateOffset.repeating, 0);
  cpu.resumeFlagAt = -1;
  return true;
}

/**
 * CS:RIP, SS:RSP and CPL of an IRET with operands of `bits`, NT clear. The image of RFLAGS, which the caller deals with, as with the mode key;
 * −1: nothing has happened.
 */
export function returnQuickly(cpu: Cpu, bits: number): number {
  if (hasBreakpoints(cpu)) return -1;
  if (cpu.code64) return bits === 64 ? returnLongQuickly(cpu) : -1;
  return bits === 32 && isPlainProtected(cpu) ? returnProtectedQuickly(cpu) : -1;
}

/** Protected mode outside long and virtual-8086 mode. */
const isPlainProtected = (cpu: Cpu): boolean => cpu.protectedMode && !cpu.longMode && !cpu.virtual8086;
