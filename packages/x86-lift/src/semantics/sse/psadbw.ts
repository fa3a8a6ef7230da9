/** PSADBW: sum of absolute differences. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  psadbw: (b) => lanewise(b, "i64x2.sad_u8", "sse2", "sse"),
} as const satisfies SemanticsTable;
