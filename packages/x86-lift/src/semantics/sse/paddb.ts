/** PADDB, PADDW, PADDD, PADDQ: add packed integers. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  paddb: (b) => lanewise(b, "i8x16.add", "sse2", "mmx"),
  paddw: (b) => lanewise(b, "i16x8.add", "sse2", "mmx"),
  paddd: (b) => lanewise(b, "i32x4.add", "sse2", "mmx"),
  paddq: (b) => lanewise(b, "i64x2.add", "sse2", "sse2"),
} as const satisfies SemanticsTable;
