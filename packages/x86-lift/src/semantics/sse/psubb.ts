/** PSUBB, PSUBW, PSUBD: subtract packed integers. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  psubb: (b) => lanewise(b, "i8x16.sub", "sse2", "mmx"),
  psubw: (b) => lanewise(b, "i16x8.sub", "sse2", "mmx"),
  psubd: (b) => lanewise(b, "i32x4.sub", "sse2", "mmx"),
} as const satisfies SemanticsTable;
