/** PUNPCKHBW, PUNPCKHWD, PUNPCKHDQ, PUNPCKHQDQ: interleave high halves. */
import type { Builder } from "../../builder.ts";
import type { SemanticsTable } from "../../lift.ts";
import { isMm, lanewise, mmxBinary } from "../../simd/shapes.ts";

function unpackHigh(b: Builder, shape: "i8x16" | "i16x8" | "i32x4" | "i64x2"): void {
  if (isMm(b, 0)) mmxBinary(b, `${shape}.unpack_low`, "mmx", "high", 1);
  else lanewise(b, `${shape}.unpack_high`, "sse2");
}

export const semantics = {
  punpckhbw: (b) => unpackHigh(b, "i8x16"),
  punpckhwd: (b) => unpackHigh(b, "i16x8"),
  punpckhdq: (b) => unpackHigh(b, "i32x4"),
  punpckhqdq: (b) => unpackHigh(b, "i64x2"),
} as const satisfies SemanticsTable;
