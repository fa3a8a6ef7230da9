/** PACKSSWB, PACKSSDW: pack with signed saturation. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  packsswb: (b) => lanewise(b, "i8x16.narrow_i16x8_s", "sse2", "mmx", "joined"),
  packssdw: (b) => lanewise(b, "i16x8.narrow_i32x4_s", "sse2", "mmx", "joined"),
} as const satisfies SemanticsTable;
