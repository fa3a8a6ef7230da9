/** Values of one width as values of another. */
import { IrField } from "x86-lift";
import { StateOffset, TEMP_BYTES } from "../../state-layout.ts";
import type { Selector } from "../select.ts";
import { eaSlot } from "./memory.ts";
import {
  boolOp,
  boolsext,
  cmov,
  Kind,
  lea32,
  log,
  move,
  movsx,
  movzx,
  select128,
  selects,
  setcc,
  TRASH,
  zext128,
} from "./tables.ts";

export function zeroExtend(s: Selector, row: number, width: number): void {
  const a = s.field(row, IrField.A);
  const from = s.widthOf(a);
  const kind = s.kind[a];
  if (kind === Kind.Const && width <= 64) {
    s.defineConst(row, s.constLow[a]!, 0);
    s.consume(a);
    return;
  }
  if (width === 128) {
    if (s.clean[a] === 0 || kind !== Kind.Slot) moveClean(s, a, from);
    const slot = s.operand(a);
    s.consume(a);
    const d = s.destination(row);
    s.emit(zext128, d, slot, 0, 0, 0);
    s.define(row, d, false);
    return;
  }
  if (from === 1) {
    if (kind === Kind.Cond && width === 8) {
      const cc = s.slot[a]!;
      s.consume(a);
      const d = s.destination(row);
      s.emit(setcc[cc >> 1]!, d, 0, 0, 0, cc & 1);
      s.define(row, d, false);
      return;
    }
    s.operand(a);
    if (s.kind[a] === Kind.Const) s.moveToTemp(a);
    s.defineAlias(row, a, true);
    return;
  }
  if (kind === Kind.Slot && s.clean[a] === 1 && s.slot[a]! >= StateOffset.temps) {
    s.defineAlias(row, a, true);
    return;
  }
  const slot = s.operand(a);
  s.consume(a);
  const d = s.destination(row);
  s.emit(movzx.get(from * 256 + width)!, d, slot, 0, 0, 0);
  s.define(row, d, width >= 32);
}

/** The value in a temporary with zeros above its width, up to 64 bits. */
export function moveClean(s: Selector, row: number, width: number): void {
  if (s.kind[row] !== Kind.Slot) {
    s.moveToTemp(row);
    return;
  }
  const from = s.slot[row]!;
  const temp = s.allocTemp();
  if (width === 64 || width === 1) s.emit(move[3]!, temp, from, 0, 0, 0);
  else s.emit(movzx.get(width * 256 + 64)!, temp, from, 0, 0, 0);
  if (s.parent[row] !== -1) s.consume(s.parent[row]!);
  else if (from >= StateOffset.temps) s.freeTemps[s.freeCount++] = (from - StateOffset.temps) / TEMP_BYTES;
  s.parent[row] = -1;
  s.slot[row] = temp;
  s.clean[row] = 1;
}

export function signExtend(s: Selector, row: number, width: number): void {
  const a = s.field(row, IrField.A);
  const from = s.widthOf(a);
  if (s.kind[a] === Kind.Const) {
    const low = from === 1 ? -s.constLow[a]! : s.immediate(a);
    s.defineConst(row, low, low >> 31);
    s.consume(a);
    return;
  }
  const slot = s.operand(a);
  s.consume(a);
  if (from === 1) {
    const temp = s.uses[row] === 0 ? TRASH : s.allocTemp();
    s.emit(boolsext, temp, slot, 0, 0, 0);
    s.define(row, temp, width === 64);
    return;
  }
  const d = s.destination(row);
  s.emit(movsx.get(from * 256 + width)!, d, slot, 0, 0, 0);
  s.define(row, d, width >= 32);
}

export function truncate(s: Selector, row: number, width: number): void {
  const a = s.field(row, IrField.A);
  const kind = s.kind[a];
  if (kind === Kind.Const) {
    s.defineConst(row, s.constLow[a]!, s.constHigh[a]!);
    s.consume(a);
    return;
  }
  if (kind === Kind.Ea) {
    if (width === 32) {
      // lea r32: base and index first, so that they may be consumed before the destination is chosen.
      const base = eaSlot(s, a, IrField.A);
      const index = eaSlot(s, a, IrField.B);
      const low = s.field(a, IrField.Lo);
      const shift = 31 - Math.clz32(s.field(a, IrField.X) || 1);
      s.consume(a);
      const d = s.destination(row);
      s.emit(lea32, d, base, index, low, shift);
      s.define(row, d, true);
      return;
    }
    s.moveToTemp(a);
  }
  if (width === 1) {
    const slot = s.operand(a);
    s.consume(a);
    const d = s.destination(row);
    s.emit(boolOp, d, slot, 0, 0, 0);
    s.define(row, d, true);
    return;
  }
  s.defineAlias(row, a, false);
}

export function choose(s: Selector, row: number, width: number): void {
  const cond = s.field(row, IrField.A);
  let yes = s.field(row, IrField.B);
  let no = s.field(row, IrField.C);
  if (s.kind[cond] === Kind.Cond && (width === 32 || width === 64)) {
    const cc = s.slot[cond]!;
    if ((cc & 1) !== 0) [yes, no] = [no, yes];
    const [a, b] = [s.operand(yes), s.operand(no)];
    s.consumeOperands(row);
    const d = s.destination(row);
    s.emit(cmov[width === 64 ? 1 : 0]![cc >> 1]!, d, a, b, 0, 0);
    s.define(row, d, true);
    return;
  }
  const [c, a, b] = [s.operand(cond), s.operand(yes), s.operand(no)];
  s.consumeOperands(row);
  const d = s.destination(row);
  if (width === 128) s.emit(select128, d, c, a, b, 0);
  else s.emit(selects[width === 1 ? 3 : log(width)]!, d, c, a, b, 0);
  s.define(row, d, width === 1 || width >= 32);
}
