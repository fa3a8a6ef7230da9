/** SHA1MSG2: second step of the SHA-1 message schedule. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  sha1msg2: (b) => packedHelper(b, "sha1Message2", "sha"),
} as const satisfies SemanticsTable;
