/** Add, sub, and, or, xor, cmp, test, inc, dec, shifts by a constant, multiplication: with and without flags. */
import { type Emit, type IntWidth, intWidths, type RecordOp } from "./emit.ts";

export type AluKind = "add" | "sub" | "and" | "or" | "xor";
export const aluKinds: readonly AluKind[] = ["add", "sub", "and", "or", "xor"];

const opcode = {
  add: ["i32Add", "i64Add"],
  sub: ["i32Sub", "i64Sub"],
  and: ["i32And", "i64And"],
  or: ["i32Or", "i64Or"],
  xor: ["i32Xor", "i64Xor"],
} as const;
const wide = (width: IntWidth): 0 | 1 => (width === 64 ? 1 : 0);
const isArithmetic = (kind: AluKind): kind is "add" | "sub" => kind === "add" || kind === "sub";

/** Loads a and b (or imm) into x, y (X, Y) and the result into r (R). */
function compute(e: Emit, kind: AluKind, width: IntWidth, immediate: boolean, signed = false): void {
  const { f } = e;
  const [x, y, r] = width === 64 ? [e.X, e.Y, e.R] : [e.x, e.y, e.r];
  if (signed) e.valueSigned("a", width);
  else e.value("a", width);
  f.tee(x);
  if (immediate) e.immAs(width);
  else if (signed) e.valueSigned("b", width);
  else e.value("b", width);
  f.tee(y).op(opcode[kind][wide(width)]).set(r);
}

function flagsOf(e: Emit, kind: AluKind, width: IntWidth): void {
  if (isArithmetic(kind)) e.flagsArithmetic(kind, width);
  else e.flagsLogic(width);
}

const storeResult = (e: Emit, width: IntWidth): void => void e.result(width, () => e.f.get(width === 64 ? e.R : e.r));

function binary(kind: AluKind, width: IntWidth, immediate: boolean): RecordOp[] {
  const name = `${kind}${width}${immediate ? "i" : ""}`;
  return [
    {
      name,
      flags: "none",
      faults: false,
      hot: true,
      emit: (e) =>
        void e.result(width, () => {
          e.value("a", width);
          if (immediate) e.immAs(width);
          else e.value("b", width);
          e.f.op(opcode[kind][wide(width)]);
        }),
    },
    {
      name: `${name}f`,
      flags: "write",
      faults: false,
      dead: name,
      hot: true,
      emit: (e) => {
        compute(e, kind, width, immediate);
        storeResult(e, width);
        flagsOf(e, kind, width);
      },
    },
  ];
}

/** cmp and test: flags only. */
function compareOnly(kind: "sub" | "and", width: IntWidth, immediate: boolean): RecordOp {
  return {
    name: `${kind === "sub" ? "cmp" : "test"}${width}${immediate ? "i" : ""}`,
    flags: "write",
    faults: false,
    dead: "",
    hot: true,
    emit: (e) => {
      compute(e, kind, width, immediate);
      flagsOf(e, kind, width);
    },
  };
}

/** Conditions that fuse with cmp and test (the negated ones swap the targets). */
export const cmpConditions: readonly number[] = [2, 4, 6, 12, 14];
export const testConditions: readonly number[] = [4, 8, 14];

/** cmp or test with the jump of the record behind it. */
function fused(kind: "sub" | "and", width: IntWidth, immediate: boolean, cc: number): RecordOp {
  return {
    name: `${kind === "sub" ? "cmp" : "test"}${width}${immediate ? "i" : ""}j${cc}`,
    flags: "write",
    faults: false,
    hot: true,
    emit: (e) => {
      const { f } = e;
      compute(e, kind, width, immediate, true);
      flagsOf(e, kind, width);
      const big = width === 64;
      const [x, y] = big ? [e.X, e.Y] : [e.x, e.y];
      if (kind === "sub") {
        f.get(x).get(y);
        if (cc === 2) f.op(big ? "i64LtU" : "i32LtU");
        else if (cc === 4) f.op(big ? "i64Eq" : "i32Eq");
        else if (cc === 6) f.op(big ? "i64LeU" : "i32LeU");
        else if (cc === 12) f.op(big ? "i64LtS" : "i32LtS");
        else f.op(big ? "i64LeS" : "i32LeS");
      } else {
        f.get(big ? e.R : e.r);
        if (cc === 4) f.op(big ? "i64Eqz" : "i32Eqz");
        else {
          if (big) f.i64(0);
          else f.i32(0);
          if (cc === 8) f.op(big ? "i64LtS" : "i32LtS");
          else f.op(big ? "i64LeS" : "i32LeS");
        }
      }
      e.follow(true);
    },
  };
}

/** inc and dec with flags (CF kept); without flags they are add and sub. */
function step(kind: "add" | "sub", width: IntWidth): RecordOp {
  const name = kind === "add" ? "inc" : "dec";
  return {
    name: `${name}${width}f`,
    flags: "update",
    faults: false,
    dead: `${kind}${width}i`,
    hot: true,
    emit: (e) => {
      const { f } = e;
      compute(e, kind, width, true);
      storeResult(e, width);
      keepCarry(e, kind, width);
      e.flagRes(() => e.resultSigned(width));
      e.flagAux(() => {
        if (width === 64) f.get(e.X).get(e.Y).op("i64Xor").get(e.R).op("i64Xor", "i32WrapI64");
        else f.get(e.x).get(e.y).op("i32Xor").get(e.r).op("i32Xor");
        f.i32(16).op("i32And");
      });
    },
  };
}

/** add, sub with a constant, and dec, with the jump of the record behind them: taken when the result is zero. */
function counted(kind: "add" | "sub", width: 32 | 64, keepsCarry: boolean): RecordOp {
  const big = width === 64;
  const stepping = step(kind, width);
  return {
    name: keepsCarry ? `dec${width}fj4` : `${kind}${width}ifj4`,
    flags: keepsCarry ? "update" : "write",
    faults: false,
    hot: true,
    emit: (e) => {
      if (keepsCarry) stepping.emit(e);
      else {
        compute(e, kind, width, true);
        storeResult(e, width);
        flagsOf(e, kind, width);
      }
      e.f.get(big ? e.R : e.r).op(big ? "i64Eqz" : "i32Eqz");
      e.follow(true);
    },
  };
}

/** imul with flags: CF = OF = the product does not fit. */
function multiplyFlags(width: 32 | 64, immediate: boolean): RecordOp {
  return {
    name: `mul${width}${immediate ? "i" : ""}f`,
    flags: "write",
    faults: false,
    dead: `mul${width}${immediate ? "i" : ""}`,
    hot: true,
    emit: (e) => {
      const { f, X, Y, R, L } = e;
      e.value64Signed("a", width).f.set(X);
      if (immediate) e.imm64();
      else e.value64Signed("b", width);
      f.set(Y).get(X).get(Y).op("i64Mul").set(R);
      e.field("d").f.get(R);
      if (width === 32) f.i64(0xffff_ffffn).op("i64And");
      f.access("i64Store", e.layout.state);
      if (width === 32) {
        f.get(R).get(R).op("i64Extend32S").tee(R).op("i64Ne", "i64ExtendI32U").set(L);
      } else {
        // Two factors of 31 bits and a sign cannot overflow; all others are multiplied in full.
        f.get(X).get(X).op("i64Extend32S", "i64Eq").get(Y).get(Y).op("i64Extend32S", "i64Eq", "i32And");
        f.if();
        f.i64(0).set(L);
        f.else();
        highProduct(e);
        f.get(X).i64(63).op("i64ShrS").get(Y).op("i64And", "i64Sub");
        f.get(Y).i64(63).op("i64ShrS").get(X).op("i64And", "i64Sub");
        f.get(X).get(Y).op("i64Mul").tee(R).i64(63).op("i64ShrS", "i64Ne", "i64ExtendI32U").set(L);
        f.end();
      }
      e.flagRes(() => f.get(R));
      e.flagCout(() => f.get(L).i64(63).op("i64Shl"));
      e.flagAux(() => f.i32(0));
    },
  };
}

/** Pushes the high 64 bits of X × Y, unsigned, from four 32-bit products; L and R are lost. */
export function highProduct(e: Emit): void {
  const { f, X, Y, L, R } = e;
  const low = (local: number): void => void f.get(local).i64(0xffff_ffffn).op("i64And");
  const high = (local: number): void => void f.get(local).i64(32).op("i64ShrU");
  // L = lo×hi + (lo×lo >> 32); R = hi×lo + low half of L
  low(X);
  high(Y);
  f.op("i64Mul");
  low(X);
  low(Y);
  f.op("i64Mul").i64(32).op("i64ShrU", "i64Add").set(L);
  high(X);
  low(Y);
  f.op("i64Mul");
  low(L);
  f.op("i64Add").set(R);
  high(X);
  high(Y);
  f.op("i64Mul");
  high(L);
  f.op("i64Add");
  high(R);
  f.op("i64Add");
}

/** flagCout with OF of x ± y and the old CF. */
export function keepCarry(e: Emit, kind: "add" | "sub", width: IntWidth): void {
  const { f, L } = e;
  e.carries(kind, width).carryToTop(width);
  f.tee(L).get(L).i64(1).op("i64Shl", "i64Xor").i64(63).op("i64ShrU").set(L);
  e.flagCout(() => {
    e.carry().f.op("i64ExtendI32U").tee(e.Y).i64(63).op("i64Shl");
    f.get(e.Y).get(L).op("i64Xor").i64(62).op("i64Shl", "i64Or");
  });
}

export type ShiftKind = "shl" | "shr" | "sar";
export const shiftKinds: readonly ShiftKind[] = ["shl", "shr", "sar"];

/** Pushes the value in x (X) shifted by y (Y); counts are below the width. */
function shifted(e: Emit, kind: ShiftKind, width: IntWidth): void {
  const { f } = e;
  if (width === 64)
    f.get(e.X)
      .get(e.Y)
      .op(({ shl: "i64Shl", shr: "i64ShrU", sar: "i64ShrS" } as const)[kind]);
  else
    f.get(e.x)
      .get(e.y)
      .op(({ shl: "i32Shl", shr: "i32ShrU", sar: "i32ShrS" } as const)[kind]);
}

function constantShift(kind: ShiftKind, width: IntWidth): RecordOp[] {
  const load = (e: Emit): void => {
    const { f } = e;
    if (kind === "sar") e.valueSigned("a", width);
    else e.value("a", width);
    f.set(width === 64 ? e.X : e.x);
    e.immAs(width).f.set(width === 64 ? e.Y : e.y);
  };
  const name = `${kind}${width}i`;
  return [
    {
      name,
      flags: "none",
      faults: false,
      hot: true,
      emit: (e) => {
        load(e);
        e.result(width, () => shifted(e, kind, width));
      },
    },
    {
      name: `${name}f`,
      flags: "write",
      faults: false,
      dead: name,
      hot: width >= 32,
      emit: (e) => {
        load(e);
        shifted(e, kind, width);
        e.f.set(width === 64 ? e.R : e.r);
        storeResult(e, width);
        shiftFlags(e, kind, width);
      },
    },
  ];
}

/**
 * Flags of x shifted by y ≠ 0 to r. CF is the last bit out. OF as the manual has it for one position: shl: CF xor the
 * sign, shr: the two upper bits of the result differ, sar: 0. AF = 0.
 */
export function shiftFlags(e: Emit, kind: ShiftKind, width: IntWidth): void {
  const { f, L } = e;
  const big = width === 64;
  if (big) f.get(e.X);
  else f.get(e.x).op(kind === "sar" ? "i64ExtendI32S" : "i64ExtendI32U");
  f.set(L);
  const count = (): void => void (big ? f.get(e.Y) : f.get(e.y).op("i64ExtendI32U"));
  // L: CF in bit 0.
  if (kind === "shl") {
    f.get(L).i64(width);
    count();
    f.op("i64Sub");
    f.op("i64ShrU");
  } else {
    f.get(L);
    count();
    f.i64(1).op("i64Sub", kind === "shr" ? "i64ShrU" : "i64ShrS");
  }
  f.i64(1).op("i64And").set(L);
  const overflow = (): void => {
    if (kind === "sar") f.i64(0);
    else if (kind === "shl") {
      e.resultSigned(width);
      f.i64(63).op("i64ShrU").get(L).op("i64Xor");
    } else {
      e.resultSigned(width);
      f.i64(width - 2).op("i64ShrU");
      e.resultSigned(width);
      f.i64(width - 1)
        .op("i64ShrU", "i64Xor")
        .i64(1)
        .op("i64And");
    }
  };
  e.flagCout(() => {
    f.get(L).i64(63).op("i64Shl");
    f.get(L);
    overflow();
    f.op("i64Xor").i64(62).op("i64Shl", "i64Or");
  });
  e.flagRes(() => e.resultSigned(width));
  e.flagAux(() => f.i32(0));
}

function multiply(width: IntWidth, immediate: boolean): RecordOp {
  return {
    name: `mul${width}${immediate ? "i" : ""}`,
    flags: "none",
    faults: false,
    hot: width >= 32,
    emit: (e) =>
      void e.result(width, () => {
        e.value("a", width);
        if (immediate) e.immAs(width);
        else e.value("b", width);
        e.f.op(width === 64 ? "i64Mul" : "i32Mul");
      }),
  };
}

function constantRotate(kind: "rotl" | "rotr", width: 32 | 64): RecordOp {
  return {
    name: `${kind}${width}i`,
    flags: "none",
    faults: false,
    hot: true,
    emit: (e) =>
      void e.result(width, () => {
        e.value("a", width).immAs(width);
        if (width === 64) e.f.op(kind === "rotl" ? "i64Rotl" : "i64Rotr");
        else e.f.op(kind === "rotl" ? "i32Rotl" : "i32Rotr");
      }),
  };
}

const both = [false, true] as const;

export const aluOps: readonly RecordOp[] = [
  ...aluKinds.flatMap((kind) => intWidths.flatMap((width) => both.flatMap((imm) => binary(kind, width, imm)))),
  ...(["sub", "and"] as const).flatMap((kind) =>
    intWidths.flatMap((width) => both.map((imm) => compareOnly(kind, width, imm))),
  ),
  ...intWidths.flatMap((width) =>
    both.flatMap((imm) => [
      ...cmpConditions.map((cc) => fused("sub", width, imm, cc)),
      ...testConditions.map((cc) => fused("and", width, imm, cc)),
    ]),
  ),
  ...intWidths.flatMap((width) => [step("add", width), step("sub", width)]),
  ...([32, 64] as const).flatMap((width) => [
    counted("add", width, false),
    counted("sub", width, false),
    counted("sub", width, true),
    multiplyFlags(width, false),
    multiplyFlags(width, true),
  ]),
  ...shiftKinds.flatMap((kind) => intWidths.flatMap((width) => constantShift(kind, width))),
  ...intWidths.flatMap((width) => both.map((imm) => multiply(width, imm))),
  ...(["rotl", "rotr"] as const).flatMap((kind) => [constantRotate(kind, 32), constantRotate(kind, 64)]),
];
