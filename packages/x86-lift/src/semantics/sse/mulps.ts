/** MULPS: multiply packed singles. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  mulps: (b) => packedHelper(b, "mulF32x4", "sse"),
} as const satisfies SemanticsTable;
