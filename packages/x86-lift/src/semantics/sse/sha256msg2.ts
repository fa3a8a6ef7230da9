/** SHA256MSG2: second step of the SHA-256 message schedule. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  sha256msg2: (b) => packedHelper(b, "sha256Message2", "sha"),
} as const satisfies SemanticsTable;
