/** Bit-exact IEEE 754 arithmetic as x86 does it: binary32, binary64 and 80-bit extended, with exceptions, rounding and precision control. */
export {
  Condition,
  closePacked,
  createFloatContext,
  type FloatContext,
  FloatFlag,
  type FloatScratch,
  loadControlWord,
  loadMxcsr,
  Rounding,
  type RoundingMode,
  unmaskedExceptions,
} from "./context.ts";
export type { Parts } from "./core/parts.ts";
export {
  CompareFlags,
  f32Compare,
  f32Max,
  f32Min,
  f32Predicate,
  f64Compare,
  f64Max,
  f64Min,
  f64Predicate,
} from "./sse/compare.ts";
export {
  f32RoundToIntegral,
  f32ToF64,
  f32ToI32,
  f32ToI32Truncate,
  f32ToI64,
  f32ToI64Truncate,
  f64RoundToIntegral,
  f64ToF32,
  f64ToI32,
  f64ToI32Truncate,
  f64ToI64,
  f64ToI64Truncate,
  i32ToF32,
  i32ToF64,
  i64ToF32,
  i64ToF64,
} from "./sse/convert.ts";
export { f32Add, f32Div, f32Fma, f32Mul, f32Negate, f32Sqrt, f32Sub } from "./sse/f32-arithmetic.ts";
export { f64Add, f64Div, f64Fma, f64Mul, f64Negate, f64Sqrt, f64Sub } from "./sse/f64-arithmetic.ts";
export { f80Abs, f80Add, f80Div, f80Mul, f80Negate, f80Sqrt, f80Sub } from "./x87/arithmetic.ts";
export { bcdToF80, f80ToBcd } from "./x87/bcd.ts";
export { f80Compare, f80Examine, f80Test } from "./x87/compare.ts";
export { F80_CONSTANTS, type F80Constant, f80Constant } from "./x87/constants.ts";
export {
  f32ToF80,
  f64ToF80,
  f80RoundToInt,
  f80ToF32,
  f80ToF64,
  f80ToI16,
  f80ToI32,
  f80ToI64,
  i32ToF80,
  i64ToF80,
  widenF32,
  widenF64,
} from "./x87/convert.ts";
export { copyF80, createF80, type F80, f80FromBits, f80ToBits, readF80, writeF80 } from "./x87/extended.ts";
export { f80IeeeRemainder, f80Remainder } from "./x87/remainder.ts";
export { f80Extract, f80Scale } from "./x87/scale.ts";
export { f80Atan } from "./x87/transcendental/arctangent.ts";
export { f80Exp2Minus1 } from "./x87/transcendental/exponential.ts";
export { f80Log2, f80Log2Plus1 } from "./x87/transcendental/logarithm.ts";
export { f80Cos, f80Sin, f80SinCos, f80Tan } from "./x87/transcendental/trigonometry.ts";
