import { OpKind } from "x86-decode";
import type { Builder, Val } from "./builder.ts";
import type { IrWidth } from "./ir.ts";

/** Operand i as a shift count of width 8, masked to five bits, or six for 64-bit operands. */
export function shiftCount(b: Builder, i: number, width: IrWidth): Val {
  const mask = width === 64 ? 63 : 31;
  const constant = constantCount(b, i, width);
  return constant === undefined ? b.and(b.read(i, 8), b.const(8, mask)) : b.const(8, constant);
}

/** The masked count when it is an immediate. */
export function constantCount(b: Builder, i: number, width: IrWidth): number | undefined {
  return b.insn.opKind(i) === OpKind.Immediate ? b.insn.immLow & (width === 64 ? 63 : 31) : undefined;
}
