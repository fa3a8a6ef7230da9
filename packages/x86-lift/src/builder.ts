import { type Instruction, OpKind, opSize, Register, registerSize } from "x86-decode";
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

/** Operation numbers as constants of this module: `row` is the hottest call of a translator. */
const {
  const: CONST,
  get: GET,
  set: SET,
  getXmm: GET_XMM,
  setXmm: SET_XMM,
  getMm: GET_MM,
  setMm: SET_MM,
  getField: GET_FIELD,
  setField: SET_FIELD,
  select: SELECT,
  zext: ZEXT,
  sext: SEXT,
  trunc: TRUNC,
  simd: SIMD,
  flags: FLAGS,
  setFlag: SET_FLAG,
  getFlag: GET_FLAG,
  cond: COND,
  getRflags: GET_RFLAGS,
  setRflags: SET_RFLAGS,
  load: LOAD,
  store: STORE,
  probe: PROBE,
  ea: EA,
  helper: HELPER,
  raiseIf: RAISE_IF,
  checkTarget: CHECK_TARGET,
  next: NEXT,
  nextFresh: NEXT_FRESH,
  jump: JUMP,
  branch: BRANCH,
  jumpTo: JUMP_TO,
  repeatIf: REPEAT_IF,
  dispatch: DISPATCH,
  raise: RAISE,
  exit: EXIT,
  add: ADD,
  sub: SUB,
  and: AND,
  or: OR,
  xor: XOR,
} = IrOp;

/** Those that callers name. A literal, because a lookup in a small object of fixed shape is several times faster. */
const numbers = {
  mul: IrOp.mul,
  mulHighU: IrOp.mulHighU,
  mulHighS: IrOp.mulHighS,
  divU: IrOp.divU,
  remU: IrOp.remU,
  divS: IrOp.divS,
  remS: IrOp.remS,
  and: IrOp.and,
  or: IrOp.or,
  xor: IrOp.xor,
  add: IrOp.add,
  sub: IrOp.sub,
  shl: IrOp.shl,
  shr: IrOp.shr,
  sar: IrOp.sar,
  rotl: IrOp.rotl,
  rotr: IrOp.rotr,
  not: IrOp.not,
  neg: IrOp.neg,
  clz: IrOp.clz,
  ctz: IrOp.ctz,
  popcnt: IrOp.popcnt,
  bswap: IrOp.bswap,
  eq: IrOp.eq,
  ne: IrOp.ne,
  ltU: IrOp.ltU,
  ltS: IrOp.ltS,
  leU: IrOp.leU,
  leS: IrOp.leS,
} as const satisfies Record<BinaryOp | ShiftOp | UnaryOp | CompareOp, number>;

const registerBits = Uint16Array.from({ length: 256 }, (_, register) => registerSize(register) * 8);

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
    return this.rows[(this.count - 1) * IR_STRIDE + IrField.Op]! >= NEXT;
  }

  private row(op: number, width: IrWidth, a: number, b: number, c: number, x: number, lo: number, hi: number): Val {
    const at = this.count * IR_STRIDE;
    const { rows } = this;
    rows[at] = op;
    rows[at + 1] = width;
    rows[at + 2] = a;
    rows[at + 3] = b;
    rows[at + 4] = c;
    rows[at + 5] = x;
    rows[at + 6] = lo;
    rows[at + 7] = hi;
    return this.count++ as Val;
  }

  /** Width in bits of a value. */
  widthOf(v: Val): IrWidth {
    const at = v * IR_STRIDE;
    return this.rows[at] === EA ? 64 : (this.rows[at + 1] as IrWidth);
  }

  // ---- constants, registers, fields

  const(width: IrWidth, low: number, high: number = low < 0 ? -1 : 0): Val {
    return this.row(CONST, width, IR_NONE, IR_NONE, IR_NONE, 0, low | 0, high | 0);
  }

  /** General register by number 0–15 (for width 8 also 16–19: AH CH DH BH). */
  get(width: 8 | 16 | 32 | 64, gpr: number): Val {
    return this.row(GET, width, IR_NONE, IR_NONE, IR_NONE, gpr, 0, 0);
  }

  set(gpr: number, v: Val): void {
    this.row(SET, this.widthOf(v), v, IR_NONE, IR_NONE, gpr, 0, 0);
  }

  getXmm(xmm: number, width: 32 | 64 | 128 = 128): Val {
    return this.row(GET_XMM, width, IR_NONE, IR_NONE, IR_NONE, xmm, 0, 0);
  }

  setXmm(xmm: number, v: Val): void {
    this.row(SET_XMM, this.widthOf(v), v, IR_NONE, IR_NONE, xmm, 0, 0);
  }

  getMm(mm: number, width: 32 | 64 = 64): Val {
    return this.row(GET_MM, width, IR_NONE, IR_NONE, IR_NONE, mm, 0, 0);
  }

  setMm(mm: number, v: Val): void {
    this.row(SET_MM, 64, v, IR_NONE, IR_NONE, mm, 0, 0);
  }

  getField(name: StateFieldName): Val {
    return this.row(GET_FIELD, stateFields[name], IR_NONE, IR_NONE, IR_NONE, fieldIndex[name], 0, 0);
  }

  setField(name: StateFieldName, v: Val): void {
    this.row(SET_FIELD, stateFields[name], v, IR_NONE, IR_NONE, fieldIndex[name], 0, 0);
  }

  // ---- arithmetic

  bin(op: BinaryOp, a: Val, b: Val): Val {
    return this.row(numbers[op], this.widthOf(a), a, b, IR_NONE, 0, 0, 0);
  }

  add(a: Val, b: Val): Val {
    return this.row(ADD, this.widthOf(a), a, b, IR_NONE, 0, 0, 0);
  }

  sub(a: Val, b: Val): Val {
    return this.row(SUB, this.widthOf(a), a, b, IR_NONE, 0, 0, 0);
  }

  and(a: Val, b: Val): Val {
    return this.row(AND, this.widthOf(a), a, b, IR_NONE, 0, 0, 0);
  }

  or(a: Val, b: Val): Val {
    return this.row(OR, this.widthOf(a), a, b, IR_NONE, 0, 0, 0);
  }

  xor(a: Val, b: Val): Val {
    return this.row(XOR, this.widthOf(a), a, b, IR_NONE, 0, 0, 0);
  }

  /** count: a value of width 8, already masked as the instruction wants. */
  shift(op: ShiftOp, a: Val, count: Val): Val {
    return this.row(numbers[op], this.widthOf(a), a, count, IR_NONE, 0, 0, 0);
  }

  unary(op: UnaryOp, a: Val): Val {
    return this.row(numbers[op], this.widthOf(a), a, IR_NONE, IR_NONE, 0, 0, 0);
  }

  compare(op: CompareOp, a: Val, b: Val): Val {
    return this.row(numbers[op], 1, a, b, IR_NONE, 0, 0, 0);
  }

  isZero(a: Val): Val {
    return this.compare("eq", a, this.const(this.widthOf(a), 0));
  }

  select(cond: Val, yes: Val, no: Val): Val {
    return this.row(SELECT, this.widthOf(yes), cond, yes, no, 0, 0, 0);
  }

  /** To a wider width (the same width gives the value itself). */
  zext(width: IrWidth, a: Val): Val {
    return this.widthOf(a) === width ? a : this.row(ZEXT, width, a, IR_NONE, IR_NONE, 0, 0, 0);
  }

  sext(width: IrWidth, a: Val): Val {
    return this.widthOf(a) === width ? a : this.row(SEXT, width, a, IR_NONE, IR_NONE, 0, 0, 0);
  }

  trunc(width: IrWidth, a: Val): Val {
    return this.widthOf(a) === width ? a : this.row(TRUNC, width, a, IR_NONE, IR_NONE, 0, 0, 0);
  }

  simd(op: SimdOpName, a: Val, b: Val = IR_NONE as Val, c: Val = IR_NONE as Val, imm = 0): Val {
    return this.row(SIMD, simdOps[op].result, a, b, c, simdOpIndex[op], imm, 0);
  }

  // ---- flags

  flags(kind: FlagsKind, width: IrWidth, a: Val | undefined, b: Val | undefined, result: Val): void {
    this.row(FLAGS, width, a ?? IR_NONE, b ?? IR_NONE, result, kind, 0, 0);
  }

  setFlag(flag: (typeof Flag)[keyof typeof Flag], value: Val): void {
    this.row(SET_FLAG, 1, value, IR_NONE, IR_NONE, flag, 0, 0);
  }

  getFlag(flag: (typeof Flag)[keyof typeof Flag]): Val {
    return this.row(GET_FLAG, 1, IR_NONE, IR_NONE, IR_NONE, flag, 0, 0);
  }

  /** Condition code 0–15 as the low four bits of Jcc, SETcc and CMOVcc opcodes. */
  cond(cc: number): Val {
    return this.row(COND, 1, IR_NONE, IR_NONE, IR_NONE, cc, 0, 0);
  }

  getRflags(): Val {
    return this.row(GET_RFLAGS, 64, IR_NONE, IR_NONE, IR_NONE, 0, 0, 0);
  }

  setRflags(value: Val, mask: number): void {
    this.row(SET_RFLAGS, 64, value, IR_NONE, IR_NONE, 0, mask, 0);
  }

  // ---- memory

  load(width: IrWidth, segment: number, offset: Val, flags = 0): Val {
    return this.row(LOAD, width, offset, IR_NONE, IR_NONE, segment, flags, 0);
  }

  store(segment: number, offset: Val, value: Val, flags = 0): void {
    this.row(STORE, this.widthOf(value), offset, value, IR_NONE, segment, flags, 0);
  }

  probe(segment: number, offset: Val, bytes: number, write: boolean): void {
    this.row(PROBE, 0, offset, IR_NONE, IR_NONE, segment, bytes, write ? 1 : 0);
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
    return this.row(EA, addressBits, base ?? IR_NONE, index ?? IR_NONE, IR_NONE, scale, low, high);
  }

  // ---- the instruction's operands

  /** Width in bits of operand i. */
  width(i: number): IrWidth {
    const { insn } = this;
    const kind = insn.opKind(i);
    if (kind === OpKind.Register) return registerBits[insn.opReg(i)]! as IrWidth;
    if (kind === OpKind.Memory) return (insn.memSize * 8) as IrWidth;
    return (opSize(insn, i) * 8) as IrWidth;
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
    if (bits === 64 && base !== undefined && index === undefined && (low | high) === 0) return base;
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
      return this.get(
        width as 8 | 16 | 32 | 64,
        register <= Register.R15B ? byteRegister(register) : gprNumber(register),
      );
    if (register >= Register.XMM0 && register <= Register.XMM31)
      return this.getXmm(register - Register.XMM0, width as 32 | 64 | 128);
    if (register >= Register.MM0 && register <= Register.MM7)
      return this.getMm(register - Register.MM0, width as 32 | 64);
    throw new Error(`register ${register} has no plain read`);
  }

  writeRegister(register: number, v: Val): void {
    if (register < Register.ES) this.set(register <= Register.R15B ? byteRegister(register) : gprNumber(register), v);
    else if (register >= Register.XMM0 && register <= Register.XMM31) this.setXmm(register - Register.XMM0, v);
    else if (register >= Register.MM0 && register <= Register.MM7) this.setMm(register - Register.MM0, v);
    else throw new Error(`register ${register} has no plain write`);
  }

  // ---- helpers and faults

  helper(name: HelperName, a?: Val, b?: Val, c?: Val, lo = 0, hi = 0): Val {
    return this.row(HELPER, helpers[name].result, a ?? IR_NONE, b ?? IR_NONE, c ?? IR_NONE, helperIndex[name], lo, hi);
  }

  raiseIf(cond: Val, vector: number, errorCode?: number): void {
    this.row(RAISE_IF, 0, cond, IR_NONE, IR_NONE, vector, errorCode ?? 0, errorCode === undefined ? 0 : 1);
  }

  checkTarget(target: Val): void {
    this.row(CHECK_TARGET, 0, target, IR_NONE, IR_NONE, 0, 0, 0);
  }

  // ---- terminators

  next(): void {
    this.row(NEXT, 0, IR_NONE, IR_NONE, IR_NONE, 0, 0, 0);
  }

  nextFresh(): void {
    this.row(NEXT_FRESH, 0, IR_NONE, IR_NONE, IR_NONE, 0, 0, 0);
  }

  jump(low: number, high: number): void {
    this.row(JUMP, 0, IR_NONE, IR_NONE, IR_NONE, 0, low, high);
  }

  branch(cond: Val, low: number, high: number): void {
    this.row(BRANCH, 0, cond, IR_NONE, IR_NONE, 0, low, high);
  }

  jumpTo(target: Val): void {
    this.row(JUMP_TO, 0, target, IR_NONE, IR_NONE, 0, 0, 0);
  }

  repeatIf(cond: Val): void {
    this.row(REPEAT_IF, 0, cond, IR_NONE, IR_NONE, 0, 0, 0);
  }

  dispatch(): void {
    this.row(DISPATCH, 0, IR_NONE, IR_NONE, IR_NONE, 0, 0, 0);
  }

  raise(vector: number, errorCode?: number): void {
    this.row(RAISE, 0, IR_NONE, IR_NONE, IR_NONE, vector, errorCode ?? 0, errorCode === undefined ? 0 : 1);
  }

  /** #UD: the encoding means nothing in this mode. */
  undefined(): void {
    this.raise(Vector.UD);
  }

  exit(kind: ExitKind, a?: Val, b?: Val, lo = 0, hi = 0): void {
    this.row(EXIT, 0, a ?? IR_NONE, b ?? IR_NONE, IR_NONE, kind, lo, hi);
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
