/** PSIGNB, PSIGNW, PSIGND: negate, zero or keep by the sign of another. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  psignb: (b) => lanewise(b, "i8x16.sign", "ssse3", "ssse3"),
  psignw: (b) => lanewise(b, "i16x8.sign", "ssse3", "ssse3"),
  psignd: (b) => lanewise(b, "i32x4.sign", "ssse3", "ssse3"),
} as const satisfies SemanticsTable;
