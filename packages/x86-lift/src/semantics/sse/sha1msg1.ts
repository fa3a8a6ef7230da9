/** SHA1MSG1: first step of the SHA-1 message schedule. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  sha1msg1: (b) => packedHelper(b, "sha1Message1", "sha"),
} as const satisfies SemanticsTable;
