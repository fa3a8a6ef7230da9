/** Delivery of an unmasked x87 exception, which waits for the next x87 or MMX instruction. Source: Intel SDM vol. 1 §8.6, §8.7. */
import { Vector } from "x86-lift";
import { Cr0 } from "../../control-bits.ts";
import type { Cpu } from "../../cpu.ts";
import { HelperStatus } from "../../helper.ts";
import { StateOffset } from "../../state-layout.ts";

/** Status word bit ES: an exception is flagged and not masked. */
export const FSW_ES = 0x0080;

/** Would a waiting x87 instruction raise #MF? */
export const isX87Pending = (cpu: Cpu): boolean =>
  (cpu.get16(StateOffset.fsw) & FSW_ES) !== 0 && (cpu.cr0 & Cr0.NE) !== 0;

/**
 * #MF if one waits. With CR0.NE = 0 a PC reports through FERR# and IRQ 13; no such wire exists here, so that the
 * instruction goes on as if the platform held IGNNE# asserted.
 */
export function checkPending(cpu: Cpu): HelperStatus {
  return isX87Pending(cpu) ? cpu.raise(Vector.MF) : HelperStatus.Continue;
}
