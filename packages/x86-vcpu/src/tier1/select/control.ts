/** Operations that TypeScript carries out, and how an instruction ends. */
import { ExitKind, helperNames, IR_NONE, IrField, IrOp, Segment } from "x86-lift";
import { ioForm } from "../../exits.ts";
import { StateOffset } from "../../state-layout.ts";
import { recordOps } from "../ops/index.ts";
import { RECORD_BYTES } from "../record.ts";
import { FIRST_HELPER, Leave, NO_SLOT, Script } from "../scripts.ts";
import type { Selector } from "../select.ts";
import { End } from "./end.ts";
import { isInline } from "./memory.ts";
import {
  alu,
  checkCanonical,
  checkIoOp,
  dataOp,
  eventOps,
  flatDestination,
  flatOperand,
  fusedOps,
  helperRecordOps,
  int32,
  int64,
  ioOp,
  jumpBool,
  jumpIf,
  jumpToOp,
  Kind,
  leaveOp,
  loadOps,
  operateRecordOps,
  pop32,
  RSP,
  ret32,
  ret64,
  scriptOp,
} from "./tables.ts";

/** Events and returns that WebAssembly tries before TypeScript does them. */
function tryEvent(s: Selector, helper: string, low: number, high: number): void {
  let op = eventOps[helper + low] ?? -1;
  if (helper === "softwareInterrupt" && high === INT_N) op = s.code64 ? int64 : int32;
  if (op === -1) return;
  s.emit(op, s.length, low & 0xff, 0, s.ripLow, s.ripHigh);
  s.usedRip = true;
}
/** The second constant of `softwareInterrupt` that says INT n. */
const INT_N = 0;
const CHECK_IO = FIRST_HELPER + helperNames.indexOf("checkIo");

/** A routine in TypeScript; operands are temporaries, so that it may change any register. */
export function callScript(s: Selector, row: number, number: number, low: number, high: number): void {
  // Operations on numbers alone: they change no register of theirs, and most have code of their own.
  let fast = number >= FIRST_HELPER ? helperRecordOps[number - FIRST_HELPER]! : -1;
  const operations = operateRecordOps.get(number - FIRST_HELPER);
  if (operations !== undefined) fast = operations[low & 15]!;
  if (flatOperand[number - FIRST_HELPER] === 1 && (high >= Segment.FS || !isInline(s, high, 0, 64, true))) fast = -1;
  if (flatDestination[number - FIRST_HELPER] === 1 && !isInline(s, Segment.ES, 0, 64, true)) fast = -1;
  const harmless = number === Script.Simd || fast !== -1;
  if (number >= FIRST_HELPER && fast === -1) s.usesHelper = true;
  if (!harmless) s.saveAll(row);
  const slotOf = (field: number): number => {
    const v = s.field(row, field);
    if (v === IR_NONE) return NO_SLOT;
    if (s.kind[v] !== Kind.Slot || (s.slot[v]! < StateOffset.temps && !harmless)) s.moveToTemp(v);
    return s.slot[v]!;
  };
  const [a, b, c] = [slotOf(IrField.A), slotOf(IrField.B), slotOf(IrField.C)];
  const width = s.field(row, IrField.Width);
  // The result gets a place of its own: a helper may write it before it has read its operands.
  const temp = width === 0 ? NO_SLOT : s.allocTemp();
  if (number >= FIRST_HELPER) tryEvent(s, helperNames[number - FIRST_HELPER]!, low, high);
  const op = number === CHECK_IO ? checkIoOp : scriptOp;
  s.emit(fast === -1 ? op : fast, temp, a, b, number, c);
  s.emit(dataOp, width, 0, 0, low, high);
  if (fast !== -1 && recordOps[fast]!.skip === 2 * RECORD_BYTES) {
    s.emit(dataOp, 0, 0, 0, s.ripLow, s.ripHigh);
    s.usedRip = true;
  }
  s.consumeOperands(row);
  if (temp !== NO_SLOT) s.define(row, temp, width !== 128);
}

export function terminate(s: Selector, row: number): End {
  s.targetLow = s.field(row, IrField.Lo);
  s.targetHigh = s.field(row, IrField.Hi);
  s.swapped = false;
  switch (s.opOf(row)) {
    case IrOp.next:
      return s.usesHelper ? End.NextBlock : End.Next;
    case IrOp.jump:
      return End.Jump;
    case IrOp.branch:
      branchOn(s, s.field(row, IrField.A));
      return End.Branch;
    case IrOp.repeatIf:
      branchOn(s, s.field(row, IrField.A));
      return End.Repeat;
    case IrOp.jumpTo:
      jumpTo(s, s.operand(s.field(row, IrField.A)));
      return End.Done;
    case IrOp.nextFresh:
      s.emit(leaveOp, 0, 0, 0, Leave.Fresh, 0);
      return End.Done;
    case IrOp.dispatch:
      s.emit(leaveOp, 0, 0, 0, Leave.Dispatch, 0);
      return End.Done;
    case IrOp.raise:
      s.emit(leaveOp, s.field(row, IrField.X), 0, s.field(row, IrField.Hi), Leave.Raise, s.field(row, IrField.Lo));
      return End.Done;
    default: {
      const a = s.field(row, IrField.A);
      const slot = a === IR_NONE ? NO_SLOT : s.operand(a);
      if (s.field(row, IrField.X) === ExitKind.Io) {
        // May be answered on the spot, and the block's end is then reached.
        s.emit(ioOp, s.length, slot, 0, s.ripLow, s.ripHigh);
        s.emit(dataOp, 0, 0, 0, ioForm(s.targetLow, s.targetHigh, s.length), 0);
        s.usedRip = true;
        return End.NextBlock;
      }
      s.emit(leaveOp, s.field(row, IrField.X), slot, 0, Leave.Exit, 0);
      s.emit(dataOp, 0, 0, 0, s.targetLow, s.targetHigh);
      return End.Done;
    }
  }
}

export function branchOn(s: Selector, cond: number): void {
  if (s.kind[cond] === Kind.Cond) {
    branchOnCode(s, s.slot[cond]!);
    return;
  }
  s.condition = -1;
  s.emit(jumpBool, 0, s.operand(cond), 0, 0, 0);
}

/** A conditional jump by condition code. */
export function branchOnCode(s: Selector, cc: number): void {
  s.condition = cc;
  s.swapped = (cc & 1) !== 0;
  const previous = (s.at - RECORD_BYTES) >>> 1;
  const fused = fusedOps.get(s.u16[previous]!)?.[cc >> 1] ?? -1;
  if (fused !== -1) s.u16[previous] = fused;
  s.emit(jumpIf[cc >> 1]!, 0, 0, 0, 0, 0);
}

export function jumpTo(s: Selector, slot: number): void {
  const { u16, i32 } = s;
  const last = s.at - RECORD_BYTES;
  if (last >= s.first && u16[last >>> 1] === pop32 && u16[(last >>> 1) + 1] === slot && slot >= StateOffset.temps) {
    const word = i32[(last >>> 2) + 3]!;
    s.at = last;
    s.emit(ret32, 0, 0, 0, 0, word);
    return;
  }
  const [load, check, add] = [s.at - 48, s.at - 32, s.at - 16];
  if (
    load >= s.first &&
    u16[add >>> 1] === alu[IrOp.add]!.immediate[3] &&
    u16[(add >>> 1) + 1] === RSP &&
    u16[(add >>> 1) + 2] === RSP &&
    u16[check >>> 1] === checkCanonical &&
    u16[(check >>> 1) + 2] === slot &&
    u16[load >>> 1] === loadOps[0]![3] &&
    u16[(load >>> 1) + 1] === slot &&
    u16[(load >>> 1) + 2] === RSP &&
    i32[(load >>> 2) + 2] === 0 &&
    slot >= StateOffset.temps
  ) {
    const [bytes, word] = [i32[(add >>> 2) + 2]!, i32[(load >>> 2) + 3]!];
    s.at = load;
    s.emit(ret64, 0, 0, 0, bytes, word);
    return;
  }
  s.emit(jumpToOp, 0, slot, 0, 0, 0);
}
