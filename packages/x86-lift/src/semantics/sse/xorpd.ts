/** XORPD: bitwise XOR. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  xorpd: (b) => lanewise(b, "v128.xor", "sse2"),
} as const satisfies SemanticsTable;
