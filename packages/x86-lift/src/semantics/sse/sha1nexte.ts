/** SHA1NEXTE: the next E of SHA-1. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  sha1nexte: (b) => packedHelper(b, "sha1NextE", "sha"),
} as const satisfies SemanticsTable;
