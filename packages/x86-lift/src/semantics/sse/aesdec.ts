/** AESDEC, AESDECLAST: one round of AES decryption. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  aesdec: (b) => packedHelper(b, "aesDecrypt", "aes"),
  aesdeclast: (b) => packedHelper(b, "aesDecrypt", "aes", 1),
} as const satisfies SemanticsTable;
