/**
 * May this instruction run at all? Each function writes the exception and answers false if it may not.
 *
 * Sources: Intel SDM vol. 2 §2.4 and tables 23-4 … 23-6 of vol. 3 (exceptions of legacy SSE, MMX and x87 instructions).
 */
import type { Builder } from "../builder.ts";
import { Vector } from "../ir.ts";

/** SSE instructions: #UD without the feature, with CR0.EM or without CR4.OSFXSR; #NM with CR0.TS. */
export function requireSse(b: Builder, feature: string): boolean {
  const { cr0, cr4 } = b.mode;
  if (!b.mode.has(feature) || cr0.em || !cr4.osfxsr) {
    b.undefined();
    return false;
  }
  if (cr0.ts) {
    b.raise(Vector.NM);
    return false;
  }
  return true;
}

/** MMX instructions (and their later additions): #UD without the feature or with CR0.EM; #NM with CR0.TS. */
export function requireMmx(b: Builder, feature: string): boolean {
  const { cr0 } = b.mode;
  if (!b.mode.has(feature) || cr0.em) {
    b.undefined();
    return false;
  }
  if (cr0.ts) {
    b.raise(Vector.NM);
    return false;
  }
  return true;
}

/**
 * x87 instructions: #UD without the feature that an addition came with, #NM with CR0.EM or CR0.TS. An FPU that the
 * CPUID policy hides behaves as with EM.
 */
export function requireX87(b: Builder, feature?: string): boolean {
  const { cr0 } = b.mode;
  if (feature !== undefined && !b.mode.has(feature)) {
    b.undefined();
    return false;
  }
  if (cr0.em || cr0.ts || !b.mode.has("fpu")) {
    b.raise(Vector.NM);
    return false;
  }
  return true;
}
