/** What a fragment does to the six status flags: for liveness, so that engines compute only flags that somebody reads. */
import { Flag, FlagsKind, IR_NONE, IR_STRIDE, IrField, type IrFragment, IrOp } from "./ir.ts";

const ALL = (1 << Flag.CF) | (1 << Flag.PF) | (1 << Flag.AF) | (1 << Flag.ZF) | (1 << Flag.SF) | (1 << Flag.OF);
const CF = 1 << Flag.CF;
const PF = 1 << Flag.PF;
const ZF = 1 << Flag.ZF;
const SF = 1 << Flag.SF;
const OF = 1 << Flag.OF;

/** Status flags that each pair of condition codes looks at: O B Z BE S P L LE. */
const conditionReads = [OF, CF, ZF, CF | ZF, SF, PF, SF | OF, ZF | SF | OF] as const;

/**
 * Status flags, as a mask of RFLAGS bits, whose value before the fragment matters to it: read by a row before a row
 * of the fragment has set them. A row that can fault or leave and every helper count as reading all of them, because
 * an exception handler, the hypervisor or the helper may look.
 */
export function fragmentReadsFlags(fragment: IrFragment): number {
  let reads = 0;
  let written = 0;
  for (let row = 0; row < fragment.count; row++) {
    reads |= rowReads(fragment, row) & ~written;
    written |= rowWrites(fragment, row);
  }
  return reads;
}

/** Status flags that the fragment certainly sets, whenever it comes to its end. Those of shifts by a count that may be zero are not among them. */
export function fragmentWritesFlags(fragment: IrFragment): number {
  let written = 0;
  for (let row = 0; row < fragment.count; row++) written |= rowWrites(fragment, row);
  return written;
}

function rowReads({ rows }: IrFragment, row: number): number {
  const at = row * IR_STRIDE;
  switch (rows[at + IrField.Op]) {
    case IrOp.cond:
      return conditionReads[rows[at + IrField.X]! >> 1]!;
    case IrOp.getFlag:
      return (1 << rows[at + IrField.X]!) & ALL;
    case IrOp.getRflags:
    case IrOp.load:
    case IrOp.store:
    case IrOp.probe:
    case IrOp.helper:
    case IrOp.raiseIf:
    case IrOp.checkTarget:
    case IrOp.raise:
    case IrOp.exit:
    case IrOp.dispatch:
    case IrOp.repeatIf:
    case IrOp.nextFresh:
      return ALL;
    default:
      return 0;
  }
}

function rowWrites({ rows }: IrFragment, row: number): number {
  const at = row * IR_STRIDE;
  switch (rows[at + IrField.Op]) {
    case IrOp.flags:
      return kindWrites(rows, at);
    case IrOp.setFlag:
      return (1 << rows[at + IrField.X]!) & ALL;
    case IrOp.setRflags:
      return rows[at + IrField.Lo]! & ALL;
    default:
      return 0;
  }
}

function kindWrites(rows: Int32Array, at: number): number {
  switch (rows[at + IrField.X]) {
    case FlagsKind.Inc:
    case FlagsKind.Dec:
      return ALL & ~CF;
    case FlagsKind.Shl:
    case FlagsKind.Shr:
    case FlagsKind.Sar:
      return hasCount(rows, at) ? ALL : 0;
    case FlagsKind.Rol:
    case FlagsKind.Ror:
      return hasCount(rows, at) ? CF | OF : 0;
    default:
      return ALL;
  }
}

/** Is the shift's count a constant other than zero? */
function hasCount(rows: Int32Array, at: number): boolean {
  const count = rows[at + IrField.B]!;
  if (count === IR_NONE) return false;
  const from = count * IR_STRIDE;
  return rows[from + IrField.Op] === IrOp.const && (rows[from + IrField.Lo]! & 0xff) !== 0;
}
