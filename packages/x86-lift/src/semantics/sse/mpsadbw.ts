/** MPSADBW: multiple sums of absolute differences. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewiseImmediate } from "../../simd/shapes.ts";

export const semantics = {
  mpsadbw: (b) => lanewiseImmediate(b, "i16x8.mpsad_u8", "sse4-1"),
} as const satisfies SemanticsTable;
