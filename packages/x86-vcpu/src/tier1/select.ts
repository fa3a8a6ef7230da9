/**
 * Instruction selection: the IR rows of one instruction to records.
 *
 * `get`, constants, addresses and conditions are not computed where they stand but where they are used ("pending"),
 * as operands of records; a pending value whose register is about to change is saved in a temporary first. A result
 * goes straight to the register that a later `set` names when nothing in between can fault or look at the register.
 */
import { IR_NONE, IR_STRIDE, IrField, IrOp, type IrOpName, irOpNames, Segment } from "x86-lift";
import { isFlatSegment, modeKeyBitness, modeKeyHas } from "../mode-key.ts";
import { stateFieldOffsets } from "../state-fields.ts";
import { StateOffset, TEMP_BYTES } from "../state-layout.ts";
import { RECORD_BYTES } from "./record.ts";
import { FIRST_HELPER, Leave, Script } from "./scripts.ts";
import { binary, multiply, negate, not, packed, plain, shift, statusFlags } from "./select/arithmetic.ts";
import { callScript, terminate } from "./select/control.ts";
import { choose, signExtend, truncate, zeroExtend } from "./select/convert.ts";
import type { End } from "./select/end.ts";
import { effectiveAddress, emitEa, load, setEa, store } from "./select/memory.ts";
import {
  checkCanonical,
  checkLimit,
  flagConditions,
  getcc,
  getFlagOps,
  isBarrier,
  Kind,
  log,
  MAX_ROWS,
  mov64full,
  mov128,
  move,
  moveImmediate,
  movlow32,
  movlow32i,
  raiseIfOp,
  STATUS_FLAGS,
  setFlagOps,
  setStatus,
  TEMPS,
  TRASH,
} from "./select/tables.ts";

type Rule = (s: Selector, row: number, width: number, op: number) => void;

export class Selector {
  /** Where the next record goes: byte offset. */
  at = 0;
  targetLow = 0;
  targetHigh = 0;
  /** RIP of the instruction, set before `instruction`. */
  ripLow = 0;
  ripHigh = 0;
  /** Bytes of the instruction. */
  length = 0;
  /** The records contain it. */
  usedRip = false;
  /** Of End.Branch and Repeat: the taken and fall-through pointers of the last record are swapped. */
  swapped = false;
  /** Condition code of the last branch, −1: it was on a value. */
  condition = -1;

  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  rows: Int32Array = new Int32Array(0);
  count = 0;
  first = 0;
  /** The mode key, and what follows from it: segments whose accesses may be inline, as bits. No key yet: all keys differ from NaN. */
  key = Number.NaN;
  inlineSegments = 0;
  code64 = false;
  checksAlignment = false;
  usesHelper = false;

  readonly kind = new Uint8Array(MAX_ROWS);
  readonly slot = new Int32Array(MAX_ROWS);
  readonly uses = new Int16Array(MAX_ROWS);
  /** The only or last row that uses a value. */
  readonly user = new Int16Array(MAX_ROWS);
  /** Row whose slot an alias shares (trunc, zext, not of a condition), or −1. */
  readonly parent = new Int16Array(MAX_ROWS);
  /** Is the value zero-extended to 64 bits in its slot? */
  readonly clean = new Uint8Array(MAX_ROWS);
  readonly setRow = new Int16Array(MAX_ROWS);
  readonly flagsRow = new Int16Array(MAX_ROWS);
  readonly done = new Uint8Array(MAX_ROWS);
  readonly constLow = new Int32Array(MAX_ROWS);
  readonly constHigh = new Int32Array(MAX_ROWS);
  readonly freeTemps = new Int16Array(TEMPS);
  freeCount = 0;
  nextTemp = 0;

  // The address that `memoryOperand` found.
  memBase = 0;
  memIndex = 0;
  memShift = 0;
  memDisp = 0;
  memIndexed = false;

  // The last `based` record: row of its offset, StateOffset of its top, bytes, and where its result is.
  basedRow = -1;
  basedTop = 0;
  basedBytes = 0;
  basedSlot = 0;

  constructor(buffer: ArrayBufferLike) {
    this.u16 = new Uint16Array(buffer);
    this.i32 = new Int32Array(buffer);
  }

  emit(op: number, d: number, a: number, b: number, imm: number, t: number): void {
    const { u16, i32, at } = this;
    u16[at >>> 1] = op;
    u16[(at >>> 1) + 1] = d;
    u16[(at >>> 1) + 2] = a;
    u16[(at >>> 1) + 3] = b;
    i32[(at >>> 2) + 2] = imm;
    i32[(at >>> 2) + 3] = t;
    this.at = at + RECORD_BYTES;
  }

  /** Writes the records of one instruction at `at`. Its terminator decides what comes back. */
  instruction(rows: Int32Array, count: number, key: number): End {
    this.rows = rows;
    this.count = count;
    this.first = this.at;
    if (key !== this.key) this.setKey(key);
    this.usesHelper = false;
    this.usedRip = false;
    this.scan();
    const last = count - 1;
    for (let row = 0; row < last; row++) if (this.done[row] === 0) this.select(row);
    return terminate(this, last);
  }

  // ---- analysis

  field(row: number, field: number): number {
    return this.rows[row * IR_STRIDE + field]!;
  }

  opOf(row: number): number {
    return this.rows[row * IR_STRIDE]!;
  }

  widthOf(row: number): number {
    return this.opOf(row) === IrOp.ea ? 64 : this.field(row, IrField.Width);
  }

  scan(): void {
    const { uses, user, setRow, flagsRow, rows, count } = this;
    this.freeCount = 0;
    this.nextTemp = 0;
    this.basedRow = -1;
    for (let row = 0; row < count; row++) {
      uses[row] = 0;
      user[row] = -1;
      setRow[row] = -1;
      flagsRow[row] = -1;
      this.kind[row] = Kind.None;
      this.parent[row] = -1;
      this.clean[row] = 0;
      this.done[row] = 0;
    }
    for (let row = 0; row < count; row++) {
      const at = row * IR_STRIDE;
      for (let field = IrField.A; field <= IrField.C; field++) {
        const v = rows[at + field]!;
        if (v === IR_NONE) continue;
        uses[v] = uses[v]! + 1;
        user[v] = row;
      }
      const op = rows[at]!;
      if (op === IrOp.set || op === IrOp.setXmm) {
        const v = rows[at + IrField.A]!;
        if (setRow[v] === -1) setRow[v] = row;
      } else if (op === IrOp.flags) {
        const v = rows[at + IrField.C]!;
        if (v !== IR_NONE && flagsRow[v] === -1) flagsRow[v] = row;
      }
    }
  }

  // ---- values

  allocTemp(): number {
    const temp = this.freeCount > 0 ? this.freeTemps[--this.freeCount]! : this.nextTemp++;
    // 160 slots; the longest fragments of x86-lift keep a few dozen values alive.
    if (temp >= TEMPS) throw new Error("IR fragment with more than 160 live values");
    return StateOffset.temps + temp * TEMP_BYTES;
  }

  consume(row: number): void {
    const left = this.uses[row]! - 1;
    this.uses[row] = left;
    if (left === 0) this.release(row);
  }

  release(row: number): void {
    const kind = this.kind[row];
    if (kind === Kind.Ea) {
      const a = this.field(row, IrField.A);
      const b = this.field(row, IrField.B);
      if (a !== IR_NONE) this.consume(a);
      if (b !== IR_NONE) this.consume(b);
    } else if (this.parent[row] !== -1) {
      this.consume(this.parent[row]!);
    } else if (kind === Kind.Slot) {
      const slot = this.slot[row]!;
      if (slot >= StateOffset.temps && slot !== TRASH)
        this.freeTemps[this.freeCount++] = (slot - StateOffset.temps) / TEMP_BYTES;
    }
  }

  /** Consumes the row's own operands. */
  consumeOperands(row: number): void {
    for (let field = IrField.A; field <= IrField.C; field++) {
      const v = this.field(row, field);
      if (v !== IR_NONE) this.consume(v);
    }
  }

  define(row: number, slot: number, clean: boolean): void {
    this.kind[row] = Kind.Slot;
    this.slot[row] = slot;
    this.clean[row] = clean ? 1 : 0;
    if (this.uses[row] === 0) this.release(row);
  }

  defineConst(row: number, low: number, high: number): void {
    const width = this.widthOf(row);
    this.kind[row] = Kind.Const;
    this.constLow[row] = width === 1 ? low & 1 : width === 8 ? low & 0xff : width === 16 ? low & 0xffff : low;
    this.constHigh[row] = width === 64 ? high : 0;
  }

  /** Another name for the value of `of`, whose use passes to the new row. */
  defineAlias(row: number, of: number, clean: boolean): void {
    if (this.uses[row] === 0) {
      this.consume(of);
      return;
    }
    this.kind[row] = this.kind[of]!;
    this.slot[row] = this.slot[of]!;
    this.parent[row] = of;
    this.clean[row] = clean ? 1 : 0;
  }

  /** The value becomes a plain slot value in a temporary of its own. */
  moveToTemp(row: number): void {
    const width = this.widthOf(row);
    const kind = this.kind[row];
    const temp = this.allocTemp();
    let clean = true;
    if (kind === Kind.Const) {
      this.emitConst(temp, this.constLow[row]!, this.constHigh[row]!);
    } else if (kind === Kind.Ea) {
      emitEa(this, row, temp, 64);
    } else if (kind === Kind.Cond) {
      const cc = this.slot[row]!;
      this.emit(getcc[cc >> 1]!, temp, 0, 0, 0, cc & 1);
    } else if (width === 128) {
      this.emit(mov128, temp, this.slot[row]!, 0, 0, 0);
    } else {
      // All 64 bits when the alias of a wider clean value may rely on them.
      const whole = this.clean[row] === 1 || width === 64;
      clean = whole || width === 32;
      this.emit(move[whole ? 3 : log(width === 1 ? 8 : width)]!, temp, this.slot[row]!, 0, 0, 0);
    }
    if (kind === Kind.Ea) this.release(row);
    else if (this.parent[row] !== -1) this.consume(this.parent[row]!);
    this.parent[row] = -1;
    this.kind[row] = Kind.Slot;
    this.slot[row] = temp;
    this.clean[row] = clean ? 1 : 0;
  }

  emitConst(d: number, low: number, high: number): void {
    if (high === low >> 31) this.emit(moveImmediate[3]!, d, 0, 0, low, 0);
    else this.emit(mov64full, d, 0, 0, low, high);
  }

  /** Slot of a value, computing it now if it is pending. */
  operand(row: number): number {
    if (this.kind[row] !== Kind.Slot) {
      if (this.kind[row] === Kind.Const && (this.constLow[row]! | this.constHigh[row]!) === 0) return StateOffset.zero;
      this.moveToTemp(row);
    }
    return this.slot[row]!;
  }

  /** Is it a constant that fits a sign-extended 32-bit immediate at its width? */
  isImmediate(row: number): boolean {
    if (this.kind[row] !== Kind.Const) return false;
    return this.widthOf(row) !== 64 || this.constHigh[row] === this.constLow[row]! >> 31;
  }

  immediate(row: number): number {
    const low = this.constLow[row]!;
    const width = this.widthOf(row);
    return width === 8 ? (low << 24) >> 24 : width === 16 ? (low << 16) >> 16 : low;
  }

  // ---- hazards

  sizeOf(row: number): number {
    const width = this.widthOf(row);
    return width === 1 ? 1 : width >>> 3;
  }

  /** Pending values that read these bytes of the state and are still wanted move to temporaries. */
  saveReaders(slot: number, bytes: number, upTo: number): void {
    for (let row = 0; row < upTo; row++) {
      if (this.kind[row] === Kind.Slot && this.uses[row]! > 0 && this.overlaps(row, slot, bytes)) this.moveToTemp(row);
    }
  }

  overlaps(row: number, slot: number, bytes: number): boolean {
    const at = this.slot[row]!;
    return at < StateOffset.temps && at < slot + bytes && slot < at + this.sizeOf(row);
  }

  /** Conditions that are still wanted are evaluated before the flags change. */
  saveConditions(upTo: number): void {
    for (let row = 0; row < upTo; row++) {
      if (this.kind[row] === Kind.Cond && this.uses[row]! > 0) this.moveToTemp(row);
    }
  }

  /** Before anything that may change any state. */
  saveAll(upTo: number): void {
    this.saveConditions(upTo);
    for (let row = 0; row < upTo; row++) {
      if (this.kind[row] === Kind.Slot && this.uses[row]! > 0 && this.slot[row]! < StateOffset.temps)
        this.moveToTemp(row);
    }
  }

  gprSlot(width: number, x: number): number {
    return width === 8 && x >= 16 ? StateOffset.gpr + (x - 16) * 8 + 1 : StateOffset.gpr + x * 8;
  }

  /**
   * Where the result of `row` (whose operands are consumed) goes: the register of its `set` when that is safe, which
   * is then done, else a temporary. `from`: the row at whose place the record stands.
   */
  destination(row: number, from: number = row): number {
    const set = this.setRow[row]!;
    if (set !== -1 && this.done[set] === 0) {
      const width = this.field(set, IrField.Width);
      const vector = this.opOf(set) === IrOp.setXmm;
      const x = this.field(set, IrField.X);
      const slot = vector ? StateOffset.xmm + x * 16 : this.gprSlot(width, x);
      const bytes = vector ? 16 : width === 32 ? 8 : width >>> 3;
      if (!(vector && width !== 128) && this.mayWriteEarly(from, set, slot, bytes)) {
        this.done[set] = 1;
        this.uses[row] = this.uses[row]! - 1;
        return slot;
      }
    }
    return this.uses[row] === 0 ? TRASH : this.allocTemp();
  }

  mayWriteEarly(row: number, set: number, slot: number, bytes: number): boolean {
    for (let r = row + 1; r < set; r++) {
      const op = this.opOf(r);
      if (this.done[r] === 1) continue;
      if (isBarrier[op] || op === IrOp.getField || op === IrOp.setField) return false;
      if (op === IrOp.get || op === IrOp.set) {
        const width = this.field(r, IrField.Width);
        const at = this.gprSlot(width, this.field(r, IrField.X));
        const size = op === IrOp.set && width === 32 ? 8 : width >>> 3;
        if (at < slot + bytes && slot < at + size) return false;
      } else if (op === IrOp.getXmm || op === IrOp.setXmm) {
        const at = StateOffset.xmm + this.field(r, IrField.X) * 16;
        if (at < slot + bytes && slot < at + 16) return false;
      }
    }
    for (let r = 0; r < row; r++) {
      if (this.kind[r] === Kind.Slot && this.uses[r]! > 0 && this.overlaps(r, slot, bytes)) return false;
    }
    return true;
  }

  // ---- rows

  select(row: number): void {
    const op = this.opOf(row);
    Selector.ruleByOp[op]!(this, row, this.field(row, IrField.Width), op);
  }

  /** What each IR operation becomes; those that are not here have generic records. */
  static readonly rules: { readonly [K in IrOpName]?: Rule } = {
    const: (s, row) => s.defineConst(row, s.field(row, IrField.Lo), s.field(row, IrField.Hi)),
    get: (s, row, width) => s.define(row, s.gprSlot(width, s.field(row, IrField.X)), width === 64),
    getXmm: (s, row, width) => s.define(row, StateOffset.xmm + s.field(row, IrField.X) * 16, width === 64),
    getMm: (s, row, width) => s.define(row, StateOffset.x87 + s.field(row, IrField.X) * 16, width === 64),
    getField: (s, row, width) => s.define(row, stateFieldOffsets[s.field(row, IrField.X)]!, width === 64),
    set: (s, row, width) => s.set(row, s.gprSlot(width, s.field(row, IrField.X)), width === 32 ? 8 : width >>> 3),
    setXmm: (s, row, width) => s.set(row, StateOffset.xmm + s.field(row, IrField.X) * 16, width >>> 3, width === 32),
    setMm: (s, row) => {
      const slot = StateOffset.x87 + s.field(row, IrField.X) * 16;
      s.set(row, slot, 8);
      s.emit(moveImmediate[1]!, slot + 8, 0, 0, -1, 0);
    },
    setField: (s, row, width) => s.set(row, stateFieldOffsets[s.field(row, IrField.X)]!, width >>> 3, width === 32),
    ea: (s, row, width) => effectiveAddress(s, row, width),
    load: (s, row, width) => load(s, row, width),
    store: (s, row, width) => store(s, row, width),
    probe: (s, row) =>
      callScript(
        s,
        row,
        Script.Probe,
        s.field(row, IrField.X),
        s.field(row, IrField.Lo) | (s.field(row, IrField.Hi) << 16),
      ),
    add: (s, row, width, op) => binary(s, row, op, width === 1 ? 32 : width),
    sub: (s, row, width, op) => binary(s, row, op, width === 1 ? 32 : width),
    and: (s, row, width, op) => binary(s, row, op, width === 1 ? 32 : width),
    or: (s, row, width, op) => binary(s, row, op, width === 1 ? 32 : width),
    xor: (s, row, width, op) => binary(s, row, op, width === 1 ? 32 : width),
    mul: (s, row, width) => multiply(s, row, width),
    not: (s, row, width) => not(s, row, width),
    neg: (s, row, width) => negate(s, row, width),
    shl: (s, row, width, op) => shift(s, row, op, width),
    shr: (s, row, width, op) => shift(s, row, op, width),
    sar: (s, row, width, op) => shift(s, row, op, width),
    zext: (s, row, width) => zeroExtend(s, row, width),
    sext: (s, row, width) => signExtend(s, row, width),
    trunc: (s, row, width) => truncate(s, row, width),
    select: (s, row, width) => choose(s, row, width),
    cond: (s, row) => {
      s.kind[row] = Kind.Cond;
      s.slot[row] = s.field(row, IrField.X);
      return;
    },
    getFlag: (s, row) => {
      const flag = s.field(row, IrField.X);
      const cc = flagConditions.get(flag);
      if (cc !== undefined) {
        s.kind[row] = Kind.Cond;
        s.slot[row] = cc;
        return;
      }
      const d = s.destination(row);
      s.emit(getFlagOps.get(flag)!, d, 0, 0, 0, 0);
      s.define(row, d, true);
    },
    setFlag: (s, row) => {
      const a = s.field(row, IrField.A);
      const slot = s.operand(a);
      s.consume(a);
      s.saveConditions(row);
      s.emit(setFlagOps.get(s.field(row, IrField.X))!, 0, slot, 0, 0, 0);
    },
    flags: (s, row, width) => statusFlags(s, row, width),
    getRflags: (s, row) => callScript(s, row, Script.GetRflags, 0, 0),
    setRflags: (s, row) => {
      s.saveConditions(row);
      if (s.field(row, IrField.Lo) === STATUS_FLAGS) {
        const a = s.field(row, IrField.A);
        const slot = s.operand(a);
        s.consume(a);
        s.emit(setStatus, 0, slot, 0, 0, 0);
        return;
      }
      callScript(s, row, Script.SetRflags, s.field(row, IrField.Lo), 0);
    },
    simd: (s, row) => packed(s, row),
    helper: (s, row) =>
      callScript(s, row, FIRST_HELPER + s.field(row, IrField.X), s.field(row, IrField.Lo), s.field(row, IrField.Hi)),
    raiseIf: (s, row) => {
      const a = s.field(row, IrField.A);
      const slot = s.operand(a);
      s.consume(a);
      s.emit(raiseIfOp, s.field(row, IrField.X), slot, s.field(row, IrField.Hi), Leave.Raise, s.field(row, IrField.Lo));
    },
    checkTarget: (s, row) => {
      const a = s.field(row, IrField.A);
      const slot = s.operand(a);
      s.consume(a);
      s.emit(s.code64 ? checkCanonical : checkLimit, 13, slot, 1, Leave.Raise, 0);
    },
  };
  static readonly ruleByOp: readonly Rule[] = irOpNames.map(
    (name) => Selector.rules[name] ?? ((s, row, width, op) => plain(s, row, op, width)),
  );

  set(row: number, slot: number, bytes: number, keepUpper = false): void {
    const v = this.field(row, IrField.A);
    const width = this.field(row, IrField.Width);
    const kind = this.kind[v];
    if (kind === Kind.Const) {
      const [low, high] = [this.constLow[v]!, this.constHigh[v]!];
      const immediate = this.immediate(v);
      this.consume(v);
      this.saveReaders(slot, bytes, row);
      if (keepUpper) this.emit(movlow32i, slot, 0, 0, low, 0);
      else if (width === 64) this.emitConst(slot, low, high);
      else this.emit(moveImmediate[log(width)]!, slot, 0, 0, immediate, 0);
      return;
    }
    if (kind === Kind.Ea) {
      setEa(this, row, v, slot, bytes);
      return;
    }
    if (kind === Kind.Cond) this.moveToTemp(v);
    const from = this.slot[v]!;
    // The value itself may be another register that this write does not touch; if it does, nothing is to be done
    // unless the upper half must be cleared.
    this.uses[v] = this.uses[v]! - 1;
    this.saveReaders(slot, bytes, row);
    this.uses[v] = this.uses[v]! + 1;
    if (width === 128) {
      if (from !== slot) this.emit(mov128, slot, from, 0, 0, 0);
    } else if (keepUpper) {
      if (from !== slot) this.emit(movlow32, slot, from, 0, 0, 0);
    } else if (from !== slot || width === 32) {
      this.emit(move[log(width)]!, slot, from, 0, 0, 0);
    }
    this.consume(v);
  }

  // ---- memory

  setKey(key: number): void {
    this.key = key;
    this.code64 = modeKeyBitness(key) === 64;
    this.inlineSegments = 0;
    this.checksAlignment = modeKeyHas(key, "alignmentCheck");
    if (this.checksAlignment) return;
    for (let segment = Segment.ES as number; segment <= Segment.GS; segment++) {
      const inline = isFlatSegment(key, segment) || (this.code64 && segment >= Segment.FS);
      if (inline) this.inlineSegments |= 1 << segment;
    }
  }

  // ---- arithmetic

  // ---- terminators
}
