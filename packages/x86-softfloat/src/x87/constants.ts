/**
 * FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ: the processor keeps the constants with extra bits and rounds them by
 * the current rounding mode, without PE. Source: Intel SDM vol. 1 §8.3.5; vol. 2 FLD1 (table of FLDcon).
 */
import type { FloatContext } from "../context.ts";
import { setFinite, setZero } from "../core/parts.ts";
import { roundSignificand } from "../core/round.ts";
import { type F80, packF80 } from "./extended.ts";

/** The constants by the last byte of their opcode (D9 E8 + index). */
export const F80_CONSTANTS = ["one", "log2Of10", "log2OfE", "pi", "log10Of2", "lnOf2", "zero"] as const;
/** Name of a constant. */
export type F80Constant = (typeof F80_CONSTANTS)[number];

// Exponent and the first 96 bits of the significand.
const BITS: { readonly [name in Exclude<F80Constant, "zero">]: readonly [number, number, number, number] } = {
  one: [0, 0x8000_0000, 0, 0],
  log2Of10: [1, 0xd49a_784b, 0xcd1b_8afe, 0x492b_f6ff],
  log2OfE: [0, 0xb8aa_3b29, 0x5c17_f0bb, 0xbe87_fed0],
  pi: [1, 0xc90f_daa2, 0x2168_c234, 0xc4c6_628b],
  log10Of2: [-2, 0x9a20_9a84, 0xfbcf_f798, 0x8f89_59ac],
  lnOf2: [-1, 0xb172_17f7, 0xd1cf_79ab, 0xc9e3_b398],
};

/** Loads a constant, rounded to 64 bits by the current rounding mode. */
export function f80Constant(ctx: FloatContext, out: F80, name: F80Constant): void {
  const { result } = ctx.scratch;
  ctx.conditions = 0;
  if (name === "zero") setZero(result, 0);
  else {
    const [exponent, high, low, ext] = BITS[name];
    setFinite(result, 0, exponent, high, low, ext);
    roundSignificand(result, 64, ctx.rounding);
  }
  packF80(out, result);
}
