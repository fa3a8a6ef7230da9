/** XORPS: bitwise XOR. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  xorps: (b) => lanewise(b, "v128.xor", "sse"),
} as const satisfies SemanticsTable;
