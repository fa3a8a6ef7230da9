/** Integer and vector operations, and the status flags that they leave. */
import { FlagsKind, IR_NONE, IrField, IrOp } from "x86-lift";
import { StateOffset } from "../../state-layout.ts";
import { Script } from "../scripts.ts";
import type { Selector } from "../select.ts";
import { callScript } from "./control.ts";
import {
  alu,
  commutative,
  compareOnly,
  compareOnlyImmediate,
  decFlags,
  flagsOps,
  generic,
  incFlags,
  isBarrier,
  isComparison,
  Kind,
  log,
  mulFlags,
  mulImmediate,
  mulImmediateFlags,
  rotateImmediate,
  shiftImmediate,
  shiftImmediateFlags,
  simdRecordOps,
  touchesFlags,
} from "./tables.ts";

function foldConstants(op: number, a: number, b: number): number {
  if (op === IrOp.add) return (a + b) | 0;
  if (op === IrOp.sub) return (a - b) | 0;
  if (op === IrOp.and) return a & b;
  return op === IrOp.or ? a | b : a ^ b;
}

/** The `flags` row that the operation in `row` can take along, or −1. */
export function foldableFlags(s: Selector, row: number, width: number): number {
  const flags = s.flagsRow[row]!;
  if (flags === -1 || s.done[flags] === 1 || s.field(flags, IrField.Width) !== width) return -1;
  for (let r = row + 1; r < flags; r++) {
    if (s.done[r] === 1) continue;
    const op = s.opOf(r);
    if (isBarrier[op] || touchesFlags[op]) return -1;
  }
  return flags;
}

export function takeFlags(s: Selector, flags: number): void {
  s.done[flags] = 1;
  s.consumeOperands(flags);
}

export function binary(s: Selector, row: number, op: number, width: number): void {
  let a = s.field(row, IrField.A);
  let b = s.field(row, IrField.B);
  if (width <= 32 && s.kind[a] === Kind.Const && s.kind[b] === Kind.Const && s.flagsRow[row] === -1) {
    s.defineConst(row, foldConstants(op, s.constLow[a]!, s.constLow[b]!), 0);
    s.consumeOperands(row);
    return;
  }
  const flags = s.field(row, IrField.Width) === 1 ? -1 : foldableFlags(s, row, width);
  const kind = flags === -1 ? -1 : s.field(flags, IrField.X);
  const sameOperands = flags !== -1 && s.field(flags, IrField.A) === a && s.field(flags, IrField.B) === b;
  const size = log(width);
  const ops = alu[op]!;
  let plain = ops.plain[size]!;
  let immediateOp = ops.immediate[size]!;
  let fold = false;
  let step = false;
  if (op === IrOp.add) {
    fold = kind === FlagsKind.Add && sameOperands;
    step = kind === FlagsKind.Inc && isOne(s, b) && s.field(flags, IrField.A) === a;
  } else if (op === IrOp.sub) {
    fold = kind === FlagsKind.Sub && sameOperands;
    step = kind === FlagsKind.Dec && isOne(s, b) && s.field(flags, IrField.A) === a;
  } else {
    fold = kind === FlagsKind.Logic;
  }
  if (commutative[op] && s.isImmediate(a) && !step) [a, b] = [b, a];
  const immediate = s.isImmediate(b);
  if (fold || step) {
    s.saveConditions(row);
    if (step) immediateOp = (op === IrOp.add ? incFlags : decFlags)[size]!;
    else {
      plain = ops.flags[size]!;
      immediateOp = ops.immediateFlags[size]!;
    }
  }
  const slotA = s.operand(a);
  const slotB = immediate ? 0 : s.operand(b);
  const imm = immediate ? s.immediate(b) : 0;
  s.consumeOperands(row);
  if (fold || step) takeFlags(s, flags);
  if (s.uses[row] === 0) {
    if (!fold && !step) return;
    if (fold && (op === IrOp.sub || op === IrOp.and)) {
      const name = op === IrOp.sub ? "sub" : "and";
      const only = immediate ? compareOnlyImmediate[name][size]! : compareOnly[name][size]!;
      s.emit(only, 0, slotA, slotB, imm, 0);
      return;
    }
  }
  const d = s.destination(row);
  s.emit(immediate ? immediateOp : plain, d, slotA, slotB, imm, 0);
  s.define(row, d, width >= 32);
}

/** imul: the product, and flags that say whether its high half is more than a sign. */
export function multiply(s: Selector, row: number, width: number): void {
  const a = s.field(row, IrField.A);
  const b = s.field(row, IrField.B);
  const flags = width >= 32 ? foldableFlags(s, row, width) : -1;
  const overflow = flags === -1 ? -1 : s.field(flags, IrField.A);
  if (overflow === -1 || s.field(flags, IrField.X) !== FlagsKind.Mul || !isOverflow(s, overflow, row, a, b, width)) {
    plain(s, row, IrOp.mul, width);
    return;
  }
  const high = s.field(overflow, IrField.A);
  const sign = s.field(overflow, IrField.B);
  s.saveConditions(row);
  const immediate = s.isImmediate(b);
  const slotA = s.operand(a);
  const slotB = immediate ? 0 : s.operand(b);
  const imm = immediate ? s.immediate(b) : 0;
  for (const r of [high, sign, overflow, flags]) s.done[r] = 1;
  // Uses by the rows that the record replaces.
  s.uses[row] = s.uses[row]! - 2;
  s.consume(a);
  s.consume(b);
  s.consumeOperands(row);
  const d = s.destination(row);
  s.emit((immediate ? mulImmediateFlags : mulFlags)[log(width)]!, d, slotA, slotB, imm, 0);
  s.define(row, d, true);
}

/** Is it `ne(mulHighS(a, b), sar(product, width − 1))`, of use to nobody but the flags? */
export function isOverflow(s: Selector, row: number, product: number, a: number, b: number, width: number): boolean {
  if (s.opOf(row) !== IrOp.ne || s.uses[row] !== 1) return false;
  const high = s.field(row, IrField.A);
  const sign = s.field(row, IrField.B);
  if (s.opOf(high) !== IrOp.mulHighS || s.uses[high] !== 1 || high < product) return false;
  if (s.field(high, IrField.A) !== a || s.field(high, IrField.B) !== b) return false;
  if (s.opOf(sign) !== IrOp.sar || s.uses[sign] !== 1 || s.field(sign, IrField.A) !== product) return false;
  const count = s.field(sign, IrField.B);
  return s.opOf(count) === IrOp.const && s.field(count, IrField.Lo) === width - 1;
}

export function isOne(s: Selector, row: number): boolean {
  return s.kind[row] === Kind.Const && s.constLow[row] === 1 && s.constHigh[row] === 0;
}

export function not(s: Selector, row: number, width: number): void {
  const a = s.field(row, IrField.A);
  if (s.kind[a] === Kind.Cond) {
    s.defineAlias(row, a, true);
    s.slot[row] = s.slot[row]! ^ 1;
    return;
  }
  const slot = s.operand(a);
  s.consume(a);
  const d = s.destination(row);
  const size = width === 1 ? 2 : log(width);
  s.emit(alu[IrOp.xor]!.immediate[size]!, d, slot, 0, width === 1 ? 1 : -1, 0);
  s.define(row, d, width === 1 || width >= 32);
}

export function negate(s: Selector, row: number, width: number): void {
  const a = s.field(row, IrField.A);
  const slot = s.operand(a);
  s.consume(a);
  const d = s.destination(row);
  s.emit(alu[IrOp.sub]!.plain[log(width)]!, d, StateOffset.zero, slot, 0, 0);
  s.define(row, d, width >= 32);
}

export function shift(s: Selector, row: number, op: number, width: number): void {
  const a = s.field(row, IrField.A);
  const b = s.field(row, IrField.B);
  const count = s.kind[b] === Kind.Const ? s.constLow[b]! : -1;
  if (count < 0 || count >= width) {
    plain(s, row, op, width);
    return;
  }
  const flags = foldableFlags(s, row, width);
  const kind = op === IrOp.shl ? 0 : op === IrOp.shr ? 1 : 2;
  const wanted = [FlagsKind.Shl, FlagsKind.Shr, FlagsKind.Sar][kind];
  const fold =
    flags !== -1 &&
    count > 0 &&
    s.field(flags, IrField.X) === wanted &&
    s.field(flags, IrField.A) === a &&
    s.field(flags, IrField.B) === b;
  if (fold) s.saveConditions(row);
  const slot = s.operand(a);
  s.consumeOperands(row);
  if (fold) takeFlags(s, flags);
  const d = s.destination(row);
  s.emit((fold ? shiftImmediateFlags : shiftImmediate)[kind]![log(width)]!, d, slot, 0, count, 0);
  s.define(row, d, width >= 32);
}

export function statusFlags(s: Selector, row: number, width: number): void {
  const slotOf = (field: number): number => {
    const v = s.field(row, field);
    return v === IR_NONE ? StateOffset.zero : s.operand(v);
  };
  const [a, b, c] = [slotOf(IrField.A), slotOf(IrField.B), slotOf(IrField.C)];
  s.consumeOperands(row);
  s.saveConditions(row);
  s.emit(flagsOps[s.field(row, IrField.X)]![log(width)]!, c, a, b, 0, 0);
}

/** Operations with one or two operands and records by width. */
export function plain(s: Selector, row: number, op: number, width: number): void {
  const a = s.field(row, IrField.A);
  const b = s.field(row, IrField.B);
  if (b !== IR_NONE && s.isImmediate(b)) {
    const immediateOp = op === IrOp.mul ? mulImmediate[log(width)] : rotateImmediate.get(op * 256 + width);
    if (immediateOp !== undefined) {
      const [slot, imm] = [s.operand(a), s.immediate(b)];
      s.consumeOperands(row);
      const d = s.destination(row);
      s.emit(immediateOp, d, slot, 0, imm, 0);
      s.define(row, d, width >= 32);
      return;
    }
  }
  const compares = isComparison[op]!;
  const operandWidth = compares ? Math.max(8, s.widthOf(a)) : width;
  const slotA = s.operand(a);
  const slotB = b === IR_NONE ? 0 : s.operand(b);
  s.consumeOperands(row);
  const d = s.destination(row);
  s.emit(generic[op]![log(operandWidth)]!, d, slotA, slotB, 0, 0);
  s.define(row, d, compares || width >= 32);
}

export function packed(s: Selector, row: number): void {
  const number = s.field(row, IrField.X);
  const op = simdRecordOps[number]!;
  if (op === -1) {
    callScript(s, row, Script.Simd, number, s.field(row, IrField.Lo));
    return;
  }
  const slotOf = (field: number): number => {
    const v = s.field(row, field);
    return v === IR_NONE ? 0 : s.operand(v);
  };
  const [a, b, c] = [slotOf(IrField.A), slotOf(IrField.B), slotOf(IrField.C)];
  s.consumeOperands(row);
  const d = s.destination(row);
  s.emit(op, d, a, b, c, s.field(row, IrField.Lo));
  s.define(row, d, true);
}
