/** AESENC, AESENCLAST: one round of AES encryption. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  aesenc: (b) => packedHelper(b, "aesEncrypt", "aes"),
  aesenclast: (b) => packedHelper(b, "aesEncrypt", "aes", 1),
} as const satisfies SemanticsTable;
