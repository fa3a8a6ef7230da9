/** FBSTP: store packed BCD and pop. */
import type { SemanticsTable } from "../../lift.ts";
import { storeX87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fbstp: (b) => storeX87(b, 6 | 0x100),
} as const satisfies SemanticsTable;
