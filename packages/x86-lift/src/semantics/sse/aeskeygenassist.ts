/** AESKEYGENASSIST: a step of the key schedule. */
import type { SemanticsTable } from "../../lift.ts";
import { immediate8, packedUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  aeskeygenassist: (b) => packedUnaryHelper(b, "aesKeygenAssist", "aes", immediate8(b)),
} as const satisfies SemanticsTable;
