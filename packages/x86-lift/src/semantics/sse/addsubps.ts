/** ADDSUBPS: subtract even and add odd singles. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  addsubps: (b) => packedHelper(b, "addSubF32x4", "sse3"),
} as const satisfies SemanticsTable;
