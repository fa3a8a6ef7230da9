/** AESIMC: inverse MixColumns. */
import type { SemanticsTable } from "../../lift.ts";
import { packedUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  aesimc: (b) => packedUnaryHelper(b, "aesInverseMixColumns", "aes"),
} as const satisfies SemanticsTable;
