/** PABSB, PABSW, PABSD: absolute values. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewiseUnary } from "../../simd/shapes.ts";

export const semantics = {
  pabsb: (b) => lanewiseUnary(b, "i8x16.abs", "ssse3", "ssse3"),
  pabsw: (b) => lanewiseUnary(b, "i16x8.abs", "ssse3", "ssse3"),
  pabsd: (b) => lanewiseUnary(b, "i32x4.abs", "ssse3", "ssse3"),
} as const satisfies SemanticsTable;
