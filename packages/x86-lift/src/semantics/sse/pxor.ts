/** PXOR: bitwise exclusive OR. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  pxor: (b) => lanewise(b, "v128.xor", "sse2", "mmx"),
} as const satisfies SemanticsTable;
