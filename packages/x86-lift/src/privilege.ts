/** Checks that the mode alone decides. Each answers false when it has written the exception. */
import type { Builder } from "./builder.ts";
import { Vector } from "./ir.ts";

/** #GP(0) unless CPL = 0. */
export function requireCpl0(b: Builder): boolean {
  if (b.mode.cpl === 0) return true;
  b.raise(Vector.GP, 0);
  return false;
}

/** #UD in real and VM86 mode. */
export function requireProtectedMode(b: Builder): boolean {
  if (b.mode.protectedMode && !b.mode.virtual8086) return true;
  b.undefined();
  return false;
}

/** #GP(0) outside ring 0 when CR4.UMIP is set (SDM vol. 3 §2.5). */
export function requireUmip(b: Builder): boolean {
  if (!b.mode.cr4.umip) return true;
  return requireCpl0(b);
}
