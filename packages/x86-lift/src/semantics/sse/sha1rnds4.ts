/** SHA1RNDS4: four rounds of SHA-1. */
import type { SemanticsTable } from "../../lift.ts";
import { immediate8, packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  sha1rnds4: (b) => packedHelper(b, "sha1Rounds4", "sha", immediate8(b) & 3),
} as const satisfies SemanticsTable;
