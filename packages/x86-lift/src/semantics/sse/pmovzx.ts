/** PMOVZX: packed move with zero extension. Memory operands are as wide as what is extended. */
import type { Builder } from "../../builder.ts";
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import type { SimdOpName } from "../../simd/ops.ts";
import { isMemory } from "../../simd/shapes.ts";

function extend(b: Builder, width: 16 | 32 | 64, ...steps: readonly SimdOpName[]): void {
  if (!requireSse(b, "sse4-1")) return;
  let value = isMemory(b, 1) ? b.zext(128, b.read(1, width)) : b.read(1, 128);
  for (const step of steps) value = b.simd(step, value);
  b.write(0, value);
  b.next();
}

export const semantics = {
  pmovzxbw: (b) => extend(b, 64, "i16x8.extend_low_i8x16_u"),
  pmovzxbd: (b) => extend(b, 32, "i16x8.extend_low_i8x16_u", "i32x4.extend_low_i16x8_u"),
  pmovzxbq: (b) => extend(b, 16, "i16x8.extend_low_i8x16_u", "i32x4.extend_low_i16x8_u", "i64x2.extend_low_i32x4_u"),
  pmovzxwd: (b) => extend(b, 64, "i32x4.extend_low_i16x8_u"),
  pmovzxwq: (b) => extend(b, 32, "i32x4.extend_low_i16x8_u", "i64x2.extend_low_i32x4_u"),
  pmovzxdq: (b) => extend(b, 64, "i64x2.extend_low_i32x4_u"),
} as const satisfies SemanticsTable;
