/** SHA256MSG1: first step of the SHA-256 message schedule. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  sha256msg1: (b) => packedHelper(b, "sha256Message1", "sha"),
} as const satisfies SemanticsTable;
