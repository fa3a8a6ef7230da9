/** x86 instructions to a small typed IR: what every instruction means, written once. */
export { Builder, byteRegister, gprNumber, type Val } from "./builder.ts";
export { fragmentReadsFlags, fragmentWritesFlags } from "./flag-effects.ts";
export { type HelperName, type HelperSpec, helperIndex, helperNames, helpers } from "./helpers.ts";
export {
  ExitKind,
  Flag,
  FlagsKind,
  IR_NONE,
  IR_STRIDE,
  type IrEffect,
  IrField,
  type IrFragment,
  IrOp,
  type IrOpName,
  type IrWidth,
  irOpNames,
  irOps,
  MemoryFlag,
  Segment,
  type StateFieldName,
  stateFieldNames,
  stateFields,
  Vector,
} from "./ir.ts";
export { isLifted, lift, type Semantics, type SemanticsTable } from "./lift.ts";
export { type LiftMode, type LiftModeChanges, liftMode } from "./mode.ts";
export { printIr, printRow } from "./print.ts";
export { type SimdOpName, type SimdOpSpec, simdOpIndex, simdOpNames, simdOps } from "./simd/ops.ts";
export { verifyIr } from "./verify.ts";
