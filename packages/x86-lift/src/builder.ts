import { type Instruction, OpKind, opSize, Register } from "x86-decode";
import { type HelperName, helperIndex, helpers } from "./helpers.ts";
import {
  type ExitKind,
  type Flag,
  type FlagsKind,
  IR_NONE,
  IR_STRIDE,
  IrField,
  type IrFragment,
  IrOp,
  type IrOpName,
  type IrWidth,
  MemoryFlag,
  Segment,
  type StateFieldName,
  stateFieldNames,
  stateFields,
  Vector,
} from "./ir.ts";
import type { LiftMode } from "./mode.ts";
import { type SimdOpName, simdOpIndex, simdOps } from "./simd/ops.ts";

declare const valueBrand: unique symbol;
/** A value of the fragment being built: the number of the row that defines it. */
export type Val = number & { readonly [valueBrand]: true };

type BinaryOp =
  | "add"
  | "sub"
  | "mul"
  | "mulHighU"
  | "mulHighS"
  | "divU"
  | "remU"
  | "divS"
  | "remS"
  | "and"
  | "or"
  | "xor";
type ShiftOp = "shl" | "shr" | "sar" | "rotl" | "rotr";
type UnaryOp = "not" | "neg" | "clz" | "ctz" | "popcnt" | "bswap";
type CompareOp = "eq" | "ne" | "ltU" | "ltS" | "leU" | "leS";

const MAX_ROWS = 512;
const fieldIndex = Object.fromEntries(stateFieldNames.map((name, index) => [name, index])) as Record<
  StateFieldName,
  number
>;

/**
 * Records what one instruction means. Methods append rows in call order and never evaluate; one builder is reused
 * for every instruction (`start`), so nothing of a fragment outlives the next `start` unless it is copied.
 */
export class Builder {
  readonly rows: Int32Array = new Int32Array(MAX_ROWS * IR_STRIDE);
  count = 0;
  insn!: Instruction;
  mode!: LiftMode;
  /** Address of a memory operand that `modify` has computed, for the `write` that follows. */
  private modified: Val | undefined;

  start(insn: Instruction, mode: LiftMode): void {
    this.count = 0;
    this.insn = insn;
    this.mode = mode;
    this.modified = undefined;
  }

  get fragment(): IrFragment {
    return this;
  }

  /** Has the terminator been written? */
  get ended(): boolean {
    if (this.count === 0) return false;
    const op = this.rows[(this.count - 1) * IR_STRIDE + IrField.Op]!;
    return op >= IrOp.next;
  }

  private row(op: IrOpName, width: IrWidth, a: number, b: number, c: number, x: number, lo: number, hi: number): Val {
    const at = this.count * IR_STRIDE;
    const { rows } = this;
    rows[at + IrField.Op] = IrOp[op];
    rows[at + IrField.Width] = width;
    rows[at + IrField.A] = a;
    rows[at + IrField.B] = b;
    rows[at + IrField.C] = c;
    rows[at + IrField.X] = x;
    rows[at + IrField.Lo] = lo;
    rows[at + IrField.Hi] = hi;
    return this.count++ as Val;
  }

  /** Width in bits of a value. */
  widthOf(v: Val): IrWidth {
    const at = v * IR_STRIDE;
    const op = this.rows[at + IrField.Op]!;
    if (op === IrOp.ea) return 64;
    return this.rows[at + IrField.Width] as IrWidth;
  }

  // ---- constants, registers, fields

  const(width: IrWidth, low: number, high: number = low < 0 ? -1 : 0): Val {
    return this.row("const", width, IR_NONE, IR_NONE, IR_NONE, 0, low | 0, high | 0);
  }

  /** General register by number 0–15 (for width 8 also 16–19: AH CH DH BH). */
  get(width: 8 | 16 | 32 | 64, gpr: number): Val {
    return this.row("get", width, IR_NONE, IR_NONE, IR_NONE, gpr, 0, 0);
  }

  set(gpr: number, v: Val): void {
    this.row("set", this.widthOf(v), v, IR_NONE, IR_NONE, gpr, 0, 0);
  }

  getXmm(xmm: number, width: 32 | 64 | 128 = 128): Val {
    return this.row("getXmm", width, IR_NONE, IR_NONE, IR_NONE, xmm, 0, 0);
  }

  setXmm(xmm: number, v: Val): void {
    this.row("setXmm", this.widthOf(v), v, IR_NONE, IR_NONE, xmm, 0, 0);
  }

  getMm(mm: number, width: 32 | 64 = 64): Val {
    return this.row("getMm", width, IR_NONE, IR_NONE, IR_NONE, mm, 0, 0);
  }

  setMm(mm: number, v: Val): void {
    this.row("setMm", 64, v, IR_NONE, IR_NONE, mm, 0, 0);
  }

  getField(name: StateFieldName): Val {
    return this.row("getField", stateFields[name], IR_NONE, IR_NONE, IR_NONE, fieldIndex[name], 0, 0);
  }

  setField(name: StateFieldName, v: Val): void {
    this.row("setField", stateFields[name], v, IR_NONE, IR_NONE, fieldIndex[name], 0, 0);
  }

  // ---- arithmetic

  bin(op: BinaryOp, a: Val, b: Val): Val {
    return this.row(op, this.widthOf(a), a, b, IR_NONE, 0, 0, 0);
  }

  add(a: Val, b: Val): Val {
    return this.bin("add", a, b);
  }

  sub(a: Val, b: Val): Val {
    return this.bin("sub", a, b);
  }

  and(a: Val, b: Val): Val {
    return this.bin("and", a, b);
  }

  or(a: Val, b: Val): Val {
    return this.bin("or", a, b);
  }

  xor(a: Val, b: Val): Val {
    return this.bin("xor", a, b);
  }

  /** count: a value of width 8, already masked as the instruction wants. */
  shift(op: ShiftOp, a: Val, count: Val): Val {
    return this.row(op, this.widthOf(a), a, count, IR_NONE, 0, 0, 0);
  }

  unary(op: UnaryOp, a: Val): Val {
    return this.row(op, this.widthOf(a), a, IR_NONE, IR_NONE, 0, 0, 0);
  }

  compare(op: CompareOp, a: Val, b: Val): Val {
    return this.row(op, 1, a, b, IR_NONE, 0, 0, 0);
  }

  isZero(a: Val): Val {
    return this.compare("eq", a, this.const(this.widthOf(a), 0));
  }

  select(cond: Val, yes: Val, no: Val): Val {
    return this.row("select", this.widthOf(yes), cond, yes, no, 0, 0, 0);
  }

  /** To a wider width (the same width gives the value itself). */
  zext(width: IrWidth, a: Val): Val {
    return this.widthOf(a) === width ? a : this.row("zext", width, a, IR_NONE, IR_NONE, 0, 0, 0);
  }

  sext(width: IrWidth, a: Val): Val {
    return this.widthOf(a) === width ? a : this.row("sext", width, a, IR_NONE, IR_NONE, 0, 0, 0);
  }

  trunc(width: IrWidth, a: Val): Val {
    return this.widthOf(a) === width ? a : this.row("trunc", width, a, IR_NONE, IR_NONE, 0, 0, 0);
  }

  simd(op: SimdOpName, a: Val, b: Val = IR_NONE as Val, c: Val = IR_NONE as Val, imm = 0): Val {
    return this.row("simd", simdOps[op].result, a, b, c, simdOpIndex[op], imm, 0);
  }

  // ---- flags

  flags(kind: FlagsKind, width: IrWidth, a: Val | undefined, b: Val | undefined, result: Val): void {
    this.row("flags", width, a ?? IR_NONE, b ?? IR_NONE, result, kind, 0, 0);
  }

  setFlag(flag: (typeof Flag)[keyof typeof Flag], value: Val): void {
    this.row("setFlag", 1, value, IR_NONE, IR_NONE, flag, 0, 0);
  }

  getFlag(flag: (typeof Flag)[keyof typeof Flag]): Val {
    return this.row("getFlag", 1, IR_NONE, IR_NONE, IR_NONE, flag, 0, 0);
  }

  /** Condition code 0–15 as the low four bits of Jcc, SETcc and CMOVcc opcodes. */
  cond(cc: number): Val {
    return this.row("cond", 1, IR_NONE, IR_NONE, IR_NONE, cc, 0, 0);
  }

  getRflags(): Val {
    return this.row("getRflags", 64, IR_NONE, IR_NONE, IR_NONE, 0, 0, 0);
  }

  setRflags(value: Val, mask: number): void {
    this.row("setRflags", 64, value, IR_NONE, IR_NONE, 0, mask, 0);
  }

  // ---- memory

  load(width: IrWidth, segment: number, offset: Val, flags = 0): Val {
    return this.row("load", width, offset, IR_NONE, IR_NONE, segment, flags, 0);
  }

  store(segment: number, offset: Val, value: Val, flags = 0): void {
    this.row("store", this.widthOf(value), offset, value, IR_NONE, segment, flags, 0);
  }

  probe(segment: number, offset: Val, bytes: number, write: boolean): void {
    this.row("probe", 0, offset, IR_NONE, IR_NONE, segment, bytes, write ? 1 : 0);
  }

  /** base + index × scale + displacement in an address size of 16, 32 or 64 bits; the result is zero-extended to 64. */
  ea(
    addressBits: 16 | 32 | 64,
    base: Val | undefined,
    index: Val | undefined,
    scale: number,
    low: number,
    high: number,
  ): Val {
    return this.row("ea", addressBits, base ?? IR_NONE, index ?? IR_NONE, IR_NONE, scale, low, high);
  }

  // ---- the instruction's operands

  /** Width in bits of operand i. */
  width(i: number): IrWidth {
    return (opSize(this.insn, i) * 8) as IrWidth;
  }

  /** Segment (0–5) of the memory operand. */
  get segment(): number {
    const { memSegment } = this.insn;
    return memSegment === Register.None ? Segment.DS : memSegment - Register.ES;
  }

  /**
   * Offset of the memory operand, plus `bytes` (0 to 2^31 − 1): a 64-bit value, zero-extended from the address size.
   */
  address(bytes = 0): Val {
    const { insn } = this;
    const bits = insn.addressSize as 16 | 32 | 64;
    const base =
      insn.memBase === Register.None || insn.memBase === Register.RIP || insn.memBase === Register.EIP
        ? undefined
        : this.get(bits, gprNumber(insn.memBase));
    const index = insn.memIndex === Register.None ? undefined : this.get(bits, gprNumber(insn.memIndex));
    const low = (insn.memDispLow >>> 0) + bytes;
    const high = low > 0xffff_ffff ? (insn.memDispHigh + 1) | 0 : insn.memDispHigh;
    return this.ea(bits, base, index, insn.memScale, low | 0, high);
  }

  /** Reads operand i: a register, memory or immediate. `width` narrows (or, for vector registers, names) what is read. */
  read(i: number, width: IrWidth = this.width(i), flags = 0): Val {
    const { insn } = this;
    const kind = insn.opKind(i);
    if (kind === OpKind.Register) return this.readRegister(insn.opReg(i), width);
    if (kind === OpKind.Memory) return this.load(width, this.segment, this.address(), flags);
    if (kind === OpKind.Immediate) return this.const(width, insn.immLow, insn.immHigh);
    if (kind === OpKind.Immediate2) return this.const(width, insn.imm2);
    throw new Error(`operand ${i} of kind ${kind} cannot be read`);
  }

  /** Reads operand i and remembers its address: the `write(i, …)` that follows stores to the same place. */
  modify(i: number, width: IrWidth = this.width(i)): Val {
    const { insn } = this;
    if (insn.opKind(i) === OpKind.Memory) {
      this.modified = this.address();
      return this.load(width, this.segment, this.modified, MemoryFlag.ForWrite);
    }
    return this.readRegister(insn.opReg(i), width);
  }

  /** Writes operand i: 32-bit registers clear their upper half; 8- and 16-bit ones keep the rest. */
  write(i: number, v: Val, flags = 0): void {
    const { insn } = this;
    if (insn.opKind(i) === OpKind.Memory) this.store(this.segment, this.modified ?? this.address(), v, flags);
    else this.writeRegister(insn.opReg(i), v);
  }

  readRegister(register: number, width: IrWidth): Val {
    if (register < Register.ES)
      return this.get(width as 8 | 16 | 32 | 64, width === 8 ? byteRegister(register) : gprNumber(register));
    if (register >= Register.XMM0 && register <= Register.XMM31)
      return this.getXmm(register - Register.XMM0, width as 32 | 64 | 128);
    if (register >= Register.MM0 && register <= Register.MM7)
      return this.getMm(register - Register.MM0, width as 32 | 64);
    throw new Error(`register ${register} has no plain read`);
  }

  writeRegister(register: number, v: Val): void {
    if (register < Register.ES) this.set(this.widthOf(v) === 8 ? byteRegister(register) : gprNumber(register), v);
    else if (register >= Register.XMM0 && register <= Register.XMM31) this.setXmm(register - Register.XMM0, v);
    else if (register >= Register.MM0 && register <= Register.MM7) this.setMm(register - Register.MM0, v);
    else throw new Error(`register ${register} has no plain write`);
  }

  // ---- helpers and faults

  helper(name: HelperName, a?: Val, b?: Val, c?: Val, lo = 0, hi = 0): Val {
    return this.row(
      "helper",
      helpers[name].result,
      a ?? IR_NONE,
      b ?? IR_NONE,
      c ?? IR_NONE,
      helperIndex[name],
      lo,
      hi,
    );
  }

  raiseIf(cond: Val, vector: number, errorCode?: number): void {
    this.row("raiseIf", 0, cond, IR_NONE, IR_NONE, vector, errorCode ?? 0, errorCode === undefined ? 0 : 1);
  }

  checkTarget(target: Val): void {
    this.row("checkTarget", 0, target, IR_NONE, IR_NONE, 0, 0, 0);
  }

  // ---- terminators

  next(): void {
    this.row("next", 0, IR_NONE, IR_NONE, IR_NONE, 0, 0, 0);
  }

  nextFresh(): void {
    this.row("nextFresh", 0, IR_NONE, IR_NONE, IR_NONE, 0, 0, 0);
  }

  jump(low: number, high: number): void {
    this.row("jump", 0, IR_NONE, IR_NONE, IR_NONE, 0, low, high);
  }

  branch(cond: Val, low: number, high: number): void {
    this.row("branch", 0, cond, IR_NONE, IR_NONE, 0, low, high);
  }

  jumpTo(target: Val): void {
    this.row("jumpTo", 0, target, IR_NONE, IR_NONE, 0, 0, 0);
  }

  repeatIf(cond: Val): void {
    this.row("repeatIf", 0, cond, IR_NONE, IR_NONE, 0, 0, 0);
  }

  dispatch(): void {
    this.row("dispatch", 0, IR_NONE, IR_NONE, IR_NONE, 0, 0, 0);
  }

  raise(vector: number, errorCode?: number): void {
    this.row("raise", 0, IR_NONE, IR_NONE, IR_NONE, vector, errorCode ?? 0, errorCode === undefined ? 0 : 1);
  }

  /** #UD: the encoding means nothing in this mode. */
  undefined(): void {
    this.raise(Vector.UD);
  }

  exit(kind: ExitKind, a?: Val, b?: Val, lo = 0, hi = 0): void {
    this.row("exit", 0, a ?? IR_NONE, b ?? IR_NONE, IR_NONE, kind, lo, hi);
  }
}

/** 0–15 for any general register of 16, 32 or 64 bits. */
export function gprNumber(register: number): number {
  if (register >= Register.RAX) return register - Register.RAX;
  if (register >= Register.EAX) return register - Register.EAX;
  return register - Register.AX;
}

/** 8-bit registers as `get` numbers them: 0–15 low bytes, 16–19 AH CH DH BH. */
export function byteRegister(register: number): number {
  const n = register - Register.AL;
  if (n < 4) return n;
  if (n < 8) return n - 4 + 16;
  return n - 4;
}
