/** CMPSD of SSE2: compare scalar doubles to a mask. (The string CMPSD has the same name.) */
import type { SemanticsTable } from "../../lift.ts";
import { immediate8, scalarHelper } from "../../simd/shapes.ts";

export const semantics = {
  cmpsd: (b) => scalarHelper(b, "cmpF64", 64, "sse2", immediate8(b) & 7),
} as const satisfies SemanticsTable;
