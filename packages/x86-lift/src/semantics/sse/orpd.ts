/** ORPD: bitwise OR. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  orpd: (b) => lanewise(b, "v128.or", "sse2"),
} as const satisfies SemanticsTable;
