/**
 * Fast paths of floating-point helpers: records `helper:NAME`, laid out like `script` records, so that whatever
 * the host's arithmetic cannot do exactly as the processor goes to the helper in TypeScript.
 *
 * The host may stand in when rounding is to nearest, every exception is masked, DAZ and FTZ are off and PE is sticky
 * already (so that inexact results change nothing), operands are zeros or normal and the result is safely normal.
 * Exact operations need less.
 */
import type { HelperName } from "x86-lift";
import { StateOffset } from "../../state-layout.ts";
import type { Emit, RecordOp } from "../ops/emit.ts";
import { Field, RECORD_BYTES } from "../record.ts";
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { constant, op, push, result, shuffle } from "./vector-emit.ts";

/** One-byte instructions that the tables of the emitter do not name (WebAssembly core specification 2.0, §5.4.7). */
// biome-ignore format: a table
const W = {
  f32Eq: 0x5b, f32Lt: 0x5d, f32Gt: 0x5e, f64Eq: 0x61, f64Lt: 0x63, f64Gt: 0x64,
  f32Sqrt: 0x91, f32Add: 0x92, f32Sub: 0x93, f32Mul: 0x94, f32Div: 0x95,
  f64Abs: 0x99, f64Trunc: 0x9d, f64Nearest: 0x9e, f64Sqrt: 0x9f, f64Add: 0xa0, f64Sub: 0xa1, f64Mul: 0xa2, f64Div: 0xa3,
  f32ConvertI32: 0xb2, f32Demote: 0xb6, f64ConvertI32: 0xb7, f64ConvertI64: 0xb9, f64Promote: 0xbb,
  i32OfF32: 0xbc, i64OfF64: 0xbd, f32OfI32: 0xbe, f64OfI64: 0xbf,
} as const;

const TRUNC_SAT_I32_F64 = 2;
const TRUNC_SAT_I64_F64 = 6;
const LOAD_64_ZERO = 0x5d;

/** Pushes: may inexact results be had from the host? */
function defaultMxcsr(e: Emit): void {
  e.state("i32Load", StateOffset.mxcsr).f.i32(0xffe0).op("i32And").i32(0x1fa0).op("i32Eq");
}

/** Pushes: is the number in the local zero or normal, with an exponent of at least `least`? */
function isPlain64(e: Emit, local: number, least: 1 | 2, zero: boolean): void {
  const { f } = e;
  f.get(local)
    .i64(52)
    .op("i64ShrU", "i32WrapI64")
    .i32(0x7ff)
    .op("i32And")
    .i32(least)
    .op("i32Sub")
    .i32(0x7ff - least)
    .op("i32LtU");
  if (zero) f.get(local).i64(1).op("i64Shl", "i64Eqz", "i32Or");
}

function isPlain32(e: Emit, local: number, least: 1 | 2, zero: boolean): void {
  const { f } = e;
  f.get(local)
    .i32(23)
    .op("i32ShrU")
    .i32(0xff)
    .op("i32And")
    .i32(least)
    .op("i32Sub")
    .i32(0xff - least)
    .op("i32LtU");
  if (zero) f.get(local).i32(1).op("i32Shl", "i32Eqz", "i32Or");
}

/** `condition` pushes whether the fast way will do, `fast` stores its result. */
function orHelper(e: Emit, condition: () => void, fast: () => void): void {
  const { f } = e;
  condition();
  f.if();
  fast();
  f.else();
  f.get(e.pc).get(e.budget).call(e.callees.script);
  e.stopIf();
  f.end();
}

/** `exactZero`: a zero can only be exact (sums and differences), as opposed to tiny. */
const arithmetic64 =
  (opcode: number, operands: 1 | 2, exactZero = false): ((e: Emit) => void) =>
  (e) => {
    const { f, X, Y, R } = e;
    e.slot("a", "i64Load").f.set(X);
    f.get(X).raw(W.f64OfI64);
    if (operands === 2) e.slot("b", "i64Load").f.tee(Y).raw(W.f64OfI64);
    f.raw(opcode).raw(W.i64OfF64).set(R);
    orHelper(
      e,
      () => {
        defaultMxcsr(e);
        isPlain64(e, X, 1, true);
        f.op("i32And");
        if (operands === 2) {
          isPlain64(e, Y, 1, true);
          f.op("i32And");
        }
        isPlain64(e, R, 2, exactZero);
        f.op("i32And");
      },
      () => e.result64(() => f.get(R)),
    );
  };

const arithmetic32 =
  (opcode: number, operands: 1 | 2, exactZero = false): ((e: Emit) => void) =>
  (e) => {
    const { f, x, y, r } = e;
    e.slot("a", "i32Load").f.set(x);
    f.get(x).raw(W.f32OfI32);
    if (operands === 2) e.slot("b", "i32Load").f.tee(y).raw(W.f32OfI32);
    f.raw(opcode).raw(W.i32OfF32).set(r);
    orHelper(
      e,
      () => {
        defaultMxcsr(e);
        isPlain32(e, x, 1, true);
        f.op("i32And");
        if (operands === 2) {
          isPlain32(e, y, 1, true);
          f.op("i32And");
        }
        isPlain32(e, r, 2, exactZero);
        f.op("i32And");
      },
      () => e.result(32, () => f.get(r)),
    );
  };

/** Lane-wise instructions on the exponents of four binary32 or two binary64 numbers (0xfd prefix). */
const lanes = {
  32: { shl: 0xab, shrU: 0xad, gtS: 0x3b, ltS: 0x39, eq: 0x37, allTrue: 0xa3, field: 24, limit: 0xff },
  64: { shl: 0xcb, shrU: 0xcd, gtS: 0xd9, ltS: 0xd8, eq: 0xd6, allTrue: 0xc3, field: 53, limit: 0x7ff },
} as const;

/** Pushes: {@link isPlain32} or {@link isPlain64} of every lane. */
function arePlain(e: Emit, width: 32 | 64, local: number, least: 1 | 2, zero: boolean): void {
  const { f } = e;
  const lane = lanes[width];
  const value = (n: number): void => constant(e, n & 0xff, n >> 8, ...new Array<number>(width / 8 - 2).fill(0));
  const exponents = (): void => void f.get(local).i32(1).vector(lane.shl).i32(lane.field).vector(lane.shrU);
  exponents();
  value(least - 1);
  f.vector(lane.gtS);
  exponents();
  value(lane.limit);
  f.vector(lane.ltS);
  op(e, "and");
  if (zero) {
    f.get(local).i32(1).vector(lane.shl);
    value(0);
    f.vector(lane.eq);
    op(e, "or");
  }
  f.vector(lane.allTrue);
}

const packed =
  (width: 32 | 64, opcode: number, operands: 1 | 2, exactZero = false): ((e: Emit) => void) =>
  (e) => {
    const { f } = e;
    const [a, b, r] = [f.local("v128"), f.local("v128"), f.local("v128")] as const;
    push(e, "a");
    f.set(a).get(a);
    if (operands === 2) {
      push(e, "b");
      f.tee(b);
    }
    f.vector(opcode).set(r);
    orHelper(
      e,
      () => {
        defaultMxcsr(e);
        arePlain(e, width, a, 1, true);
        f.op("i32And");
        if (operands === 2) {
          arePlain(e, width, b, 1, true);
          f.op("i32And");
        }
        arePlain(e, width, r, 2, exactZero);
        f.op("i32And");
      },
      () => result(e, () => f.get(r)),
    );
  };

/** Stores r, sums or differences of a's and b's lanes, when all lanes are plain numbers; otherwise the helper does it. */
function storePlainSum(e: Emit, width: 32 | 64, a: number, b: number, r: number): void {
  const { f } = e;
  orHelper(
    e,
    () => {
      defaultMxcsr(e);
      arePlain(e, width, a, 1, true);
      f.op("i32And");
      arePlain(e, width, b, 1, true);
      f.op("i32And");
      arePlain(e, width, r, 2, true);
      f.op("i32And");
    },
    () => result(e, () => f.get(r)),
  );
}

/** The lanes of the two operands interleaved: `packed` of all even and all odd lanes, for horizontal operations. */
const pairs =
  (width: 32 | 64, opcode: number): ((e: Emit) => void) =>
  (e) => {
    const { f } = e;
    const [a, b, r] = [f.local("v128"), f.local("v128"), f.local("v128")] as const;
    const bytes = width / 8;
    const lanesFrom = (odd: 0 | 1): void => {
      push(e, "a");
      push(e, "b");
      shuffle(e, (byte) => (Math.floor(byte / bytes) * 2 + odd) * bytes + (byte % bytes));
    };
    lanesFrom(0);
    f.tee(a);
    lanesFrom(1);
    f.tee(b).vector(opcode).set(r);
    storePlainSum(e, width, a, b, r);
  };

/** Even lanes subtract, odd ones add. */
const addSub =
  (width: 32 | 64, opcode: number): ((e: Emit) => void) =>
  (e) => {
    const { f } = e;
    const [a, b, r] = [f.local("v128"), f.local("v128"), f.local("v128")] as const;
    push(e, "a");
    f.tee(a);
    push(e, "b");
    f.tee(b);
    const zeros = (n: number): number[] => new Array<number>(n).fill(0);
    constant(e, ...zeros(width / 8 - 1), 0x80, ...zeros(width / 8));
    op(e, "xor");
    f.vector(opcode).set(r);
    storePlainSum(e, width, a, b, r);
  };

/** Minima and maxima of plain numbers change no flag; `opcode` is the pseudo-minimum of b and a: b where they are equal. */
const packedChoice =
  (width: 32 | 64, opcode: number): ((e: Emit) => void) =>
  (e) => {
    const { f } = e;
    const [a, b] = [f.local("v128"), f.local("v128")] as const;
    push(e, "a");
    f.set(a);
    push(e, "b");
    f.set(b);
    orHelper(
      e,
      () => {
        arePlain(e, width, a, 1, true);
        arePlain(e, width, b, 1, true);
        f.op("i32And");
      },
      () => result(e, () => f.get(b).get(a).vector(opcode)),
    );
  };

const choice64 =
  (first: number): ((e: Emit) => void) =>
  (e) => {
    const { f, X, Y } = e;
    e.slot("a", "i64Load").f.set(X);
    e.slot("b", "i64Load").f.set(Y);
    orHelper(
      e,
      () => {
        isPlain64(e, X, 1, true);
        isPlain64(e, Y, 1, true);
        f.op("i32And");
      },
      () =>
        e.result64(() => {
          f.get(X).get(Y).get(X).raw(W.f64OfI64).get(Y).raw(W.f64OfI64).raw(first).op("select");
        }),
    );
  };

const choice32 =
  (first: number): ((e: Emit) => void) =>
  (e) => {
    const { f, x, y } = e;
    e.slot("a", "i32Load").f.set(x);
    e.slot("b", "i32Load").f.set(y);
    orHelper(
      e,
      () => {
        isPlain32(e, x, 1, true);
        isPlain32(e, y, 1, true);
        f.op("i32And");
      },
      () =>
        e.result(32, () => {
          f.get(x).get(y).get(x).raw(W.f32OfI32).get(y).raw(W.f32OfI32).raw(first).op("select");
        }),
    );
  };

/** Pushes the helper's first constant. */
const firstConstant = (e: Emit): FunctionBuilder => e.f.get(e.pc).access("i32Load", RECORD_BYTES + Field.imm);

/**
 * Predicates 0–3 of numbers that are no NaNs: equal, less, less or equal, none; 4–7 are their opposites. `relate` pushes the result
 * of one of the first three.
 */
function predicate(e: Emit, relate: (which: 0 | 1 | 2) => void, zero: () => void): void {
  const { f, x: lo } = e;
  const vector = e.f.local("v128");
  const known = f.block();
  for (const which of [0, 1, 2] as const) {
    f.get(lo).i32(3).op("i32And").i32(which).op("i32Eq");
    f.if();
    relate(which);
    f.set(vector).br(known);
    f.end();
  }
  zero();
  f.set(vector);
  f.end();
  f.get(vector).i32(0).get(lo).i32(2).op("i32ShrU").i32(1).op("i32And", "i32Sub").vector(I32X4_SPLAT);
  op(e, "xor");
}

const I32X4_SPLAT = 0x11;
const F64X2_SPLAT = 0x14;
const F32X4_SPLAT = 0x13;

/** CMPPS and its kin. The scalar forms compare vectors of one number and take the low lane. */
const compareMask =
  (width: 32 | 64, scalar: boolean): ((e: Emit) => void) =>
  (e) => {
    const { f, x: lo } = e;
    const [a, b] = [f.local("v128"), f.local("v128")] as const;
    const [eq, lt, le] = width === 32 ? [0x41, 0x43, 0x45] : [0x47, 0x49, 0x4b];
    const number = (field: "a" | "b"): void => {
      if (!scalar) push(e, field);
      else if (width === 64) e.slot(field, "i64Load").f.raw(W.f64OfI64).vector(F64X2_SPLAT);
      else e.slot(field, "i32Load").f.raw(W.f32OfI32).vector(F32X4_SPLAT);
    };
    number("a");
    f.set(a);
    number("b");
    f.set(b);
    orHelper(
      e,
      () => {
        arePlain(e, width, a, 1, true);
        arePlain(e, width, b, 1, true);
        f.op("i32And");
      },
      () => {
        firstConstant(e).set(lo);
        const mask = (): void =>
          predicate(
            e,
            (which) => void f.get(a).get(b).vector([eq, lt, le][which]!),
            () => constant(e, 0),
          );
        if (!scalar) result(e, mask);
        else if (width === 64) {
          e.result64(() => {
            mask();
            f.vectorLane(0x1d, 0);
          });
        } else {
          e.result(32, () => {
            mask();
            f.vectorLane(0x1b, 0);
          });
        }
      },
    );
  };

/** ROUNDxx: what rounds by MXCSR, or would set PE, needs it to be the default. Scalars are vectors of one number. */
const round =
  (width: 32 | 64, scalar: boolean): ((e: Emit) => void) =>
  (e) => {
    const { f, x: lo } = e;
    const [a, r] = [f.local("v128"), f.local("v128")] as const;
    const [ceil, floor, trunc, nearest] = width === 32 ? [0x67, 0x68, 0x69, 0x6a] : [0x74, 0x75, 0x7a, 0x94];
    if (!scalar) push(e, "a");
    else if (width === 64) e.slot("a", "i64Load").f.raw(W.f64OfI64).vector(F64X2_SPLAT);
    else e.slot("a", "i32Load").f.raw(W.f32OfI32).vector(F32X4_SPLAT);
    f.set(a);
    firstConstant(e).set(lo);
    const known = f.block();
    for (const [mode, opcode] of [
      [1, floor],
      [2, ceil],
      [3, trunc],
    ] as const) {
      f.get(lo).i32(7).op("i32And").i32(mode).op("i32Eq");
      f.if();
      f.get(a).vector(opcode!).set(r).br(known);
      f.end();
    }
    f.get(a).vector(nearest!).set(r);
    f.end();
    orHelper(
      e,
      () => {
        f.get(r)
          .get(a)
          .vector(width === 32 ? 0x41 : 0x47)
          .vector(lanes[width].allTrue);
        f.get(lo).i32(8).op("i32And", "i32Or").i32(0).op("i32Ne");
        f.get(lo).i32(4).op("i32And", "i32Eqz", "i32And");
        defaultMxcsr(e);
        f.op("i32Or");
        arePlain(e, width, a, 1, true);
        f.op("i32And");
      },
      () => {
        if (!scalar) result(e, () => f.get(r));
        else if (width === 64) e.result64(() => f.get(r).vectorLane(0x1d, 0));
        else e.result(32, () => f.get(r).vectorLane(0x1b, 0));
      },
    );
  };

/** CVTPS2DQ and CVTTPS2DQ. */
const packedToInteger = (e: Emit): void => {
  const { f } = e;
  const [a, r] = [f.local("v128"), f.local("v128")] as const;
  push(e, "a");
  f.tee(a).vector(0x69);
  f.get(a).vector(0x6a);
  constant(e, 0);
  // All ones where the first is wanted.
  f.i32(0);
  firstConstant(e).op("i32Sub").vector(I32X4_SPLAT);
  op(e, "or", "bitselect");
  f.set(r);
  orHelper(
    e,
    () => {
      f.get(r).get(a).vector(0x41).vector(lanes[32].allTrue);
      defaultMxcsr(e);
      f.op("i32Or");
      arePlain(e, 32, a, 1, true);
      f.op("i32And");
      // |r| < 2^31
      f.get(r).vector(0xe0);
      constant(e, 0, 0, 0, 0x4f);
      f.vector(0x43).vector(lanes[32].allTrue).op("i32And");
    },
    () => result(e, () => f.get(r).vector(0xf8)),
  );
};

/** ZF = bit 6 and CF = bit 0; no flag of MXCSR can change. */
const compare64 = (e: Emit): void => {
  const { f, X, Y } = e;
  e.slot("a", "i64Load").f.set(X);
  e.slot("b", "i64Load").f.set(Y);
  orHelper(
    e,
    () => {
      isPlain64(e, X, 1, true);
      isPlain64(e, Y, 1, true);
      f.op("i32And");
    },
    () =>
      e.resultBool(() => {
        f.get(X).raw(W.f64OfI64).get(Y).raw(W.f64OfI64).raw(W.f64Lt);
        f.get(X).raw(W.f64OfI64).get(Y).raw(W.f64OfI64).raw(W.f64Eq).i32(6).op("i32Shl", "i32Or");
      }),
  );
};

const compare32 = (e: Emit): void => {
  const { f, x, y } = e;
  e.slot("a", "i32Load").f.set(x);
  e.slot("b", "i32Load").f.set(y);
  orHelper(
    e,
    () => {
      isPlain32(e, x, 1, true);
      isPlain32(e, y, 1, true);
      f.op("i32And");
    },
    () =>
      e.resultBool(() => {
        f.get(x).raw(W.f32OfI32).get(y).raw(W.f32OfI32).raw(W.f32Lt);
        f.get(x).raw(W.f32OfI32).get(y).raw(W.f32OfI32).raw(W.f32Eq).i32(6).op("i32Shl", "i32Or");
      }),
  );
};

/** Pushes the binary64 constant 2^n. */
function powerOfTwo(e: Emit, n: number): void {
  e.f.i64(BigInt(n + 1023) << 52n).raw(W.f64OfI64);
}

/** To a signed integer: the second record's lo tells whether to truncate. Exact results need no default MXCSR. */
const toInteger =
  (from: 32 | 64, to: 32 | 64): ((e: Emit) => void) =>
  (e) => {
    const { f, X, R, x } = e;
    if (from === 64) e.slot("a", "i64Load").f.set(X);
    else {
      e.slot("a", "i32Load").f.set(x);
      f.get(x).raw(W.f32OfI32).raw(W.f64Promote).raw(W.i64OfF64).set(X);
    }
    f.get(X).raw(W.f64OfI64).raw(W.f64Trunc).raw(W.i64OfF64);
    f.get(X).raw(W.f64OfI64).raw(W.f64Nearest).raw(W.i64OfF64);
    f.get(e.pc)
      .access("i32Load", RECORD_BYTES + Field.imm)
      .op("select")
      .set(R);
    orHelper(
      e,
      () => {
        defaultMxcsr(e);
        f.get(R).raw(W.f64OfI64).get(X).raw(W.f64OfI64).raw(W.f64Eq).op("i32Or");
        if (from === 64) isPlain64(e, X, 1, true);
        else isPlain32(e, x, 1, true);
        f.op("i32And");
        f.get(R).raw(W.f64OfI64).raw(W.f64Abs);
        powerOfTwo(e, to - 1);
        f.raw(W.f64Lt).op("i32And");
      },
      () => {
        const value = (): void =>
          void f
            .get(R)
            .raw(W.f64OfI64)
            .prefixed(to === 64 ? TRUNC_SAT_I64_F64 : TRUNC_SAT_I32_F64);
        if (to === 64) e.result64(value);
        else e.result(32, value);
      },
    );
  };

const bodies: { readonly [N in HelperName]?: (e: Emit) => void } = {
  addF64: arithmetic64(W.f64Add, 2, true),
  subF64: arithmetic64(W.f64Sub, 2, true),
  mulF64: arithmetic64(W.f64Mul, 2),
  divF64: arithmetic64(W.f64Div, 2),
  sqrtF64: arithmetic64(W.f64Sqrt, 1),
  addF32: arithmetic32(W.f32Add, 2, true),
  subF32: arithmetic32(W.f32Sub, 2, true),
  mulF32: arithmetic32(W.f32Mul, 2),
  divF32: arithmetic32(W.f32Div, 2),
  sqrtF32: arithmetic32(W.f32Sqrt, 1),
  sqrtF32x4: packed(32, 0xe3, 1),
  addF32x4: packed(32, 0xe4, 2, true),
  subF32x4: packed(32, 0xe5, 2, true),
  mulF32x4: packed(32, 0xe6, 2),
  divF32x4: packed(32, 0xe7, 2),
  sqrtF64x2: packed(64, 0xef, 1),
  addF64x2: packed(64, 0xf0, 2, true),
  subF64x2: packed(64, 0xf1, 2, true),
  mulF64x2: packed(64, 0xf2, 2),
  divF64x2: packed(64, 0xf3, 2),
  minF32: choice32(W.f32Lt),
  minF64: choice64(W.f64Lt),
  maxF32: choice32(W.f32Gt),
  maxF64: choice64(W.f64Gt),
  minF32x4: packedChoice(32, 0xea),
  maxF32x4: packedChoice(32, 0xeb),
  minF64x2: packedChoice(64, 0xf6),
  maxF64x2: packedChoice(64, 0xf7),
  cmpF32: compareMask(32, true),
  cmpF64: compareMask(64, true),
  cmpF32x4: compareMask(32, false),
  cmpF64x2: compareMask(64, false),
  roundF32: round(32, true),
  roundF64: round(64, true),
  roundF32x4: round(32, false),
  roundF64x2: round(64, false),
  addPairsF32x4: pairs(32, 0xe4),
  subPairsF32x4: pairs(32, 0xe5),
  addPairsF64x2: pairs(64, 0xf0),
  subPairsF64x2: pairs(64, 0xf1),
  addSubF32x4: addSub(32, 0xe4),
  addSubF64x2: addSub(64, 0xf0),
  f32x4ToI32x4: packedToInteger,
  i32x4ToF32x4: (e) =>
    orHelper(
      e,
      () => defaultMxcsr(e),
      () =>
        result(e, () => {
          push(e, "a");
          e.f.vector(0xfa);
        }),
    ),
  i32x2ToF64x2: (e) =>
    result(e, () => {
      e.field("a").f.vectorAccess(LOAD_64_ZERO, e.layout.state, 3).vector(0xfe);
    }),
  f32x2ToF64x2: (e) => {
    const { f } = e;
    const a = f.local("v128");
    e.field("a").f.vectorAccess(LOAD_64_ZERO, e.layout.state, 3).set(a);
    orHelper(
      e,
      () => arePlain(e, 32, a, 1, true),
      () => result(e, () => f.get(a).vector(0x5f)),
    );
  },
  compareF64: compare64,
  compareF32: compare32,
  f64ToI32: toInteger(64, 32),
  f64ToI64: toInteger(64, 64),
  f32ToI32: toInteger(32, 32),
  f32ToI64: toInteger(32, 64),
  i32ToF64: (e) => void e.result64(() => e.slot("a", "i32Load").f.raw(W.f64ConvertI32).raw(W.i64OfF64)),
  i64ToF64: (e) => {
    const { f, X } = e;
    e.slot("a", "i64Load").f.set(X);
    orHelper(
      e,
      () => {
        // Below 2^53 every integer is a double.
        f.get(X)
          .i64(1n << 53n)
          .op("i64Add")
          .i64(1n << 54n)
          .op("i64LtU");
        defaultMxcsr(e);
        f.op("i32Or");
      },
      () => e.result64(() => f.get(X).raw(W.f64ConvertI64).raw(W.i64OfF64)),
    );
  },
  i32ToF32: (e) => {
    const { f, x } = e;
    e.slot("a", "i32Load").f.set(x);
    orHelper(
      e,
      () => {
        f.get(x)
          .i32(1 << 24)
          .op("i32Add")
          .i32(1 << 25)
          .op("i32LtU");
        defaultMxcsr(e);
        f.op("i32Or");
      },
      () => e.result(32, () => f.get(x).raw(W.f32ConvertI32).raw(W.i32OfF32)),
    );
  },
  f32ToF64: (e) => {
    const { f, x } = e;
    e.slot("a", "i32Load").f.set(x);
    orHelper(
      e,
      () => isPlain32(e, x, 1, true),
      () => e.result64(() => f.get(x).raw(W.f32OfI32).raw(W.f64Promote).raw(W.i64OfF64)),
    );
  },
  f64ToF32: (e) => {
    const { f, X, r } = e;
    e.slot("a", "i64Load").f.set(X);
    f.get(X).raw(W.f64OfI64).raw(W.f32Demote).raw(W.i32OfF32).set(r);
    orHelper(
      e,
      () => {
        defaultMxcsr(e);
        f.get(r).raw(W.f32OfI32).raw(W.f64Promote).get(X).raw(W.f64OfI64).raw(W.f64Eq).op("i32Or");
        isPlain64(e, X, 1, false);
        f.op("i32And");
        isPlain32(e, r, 2, false);
        f.op("i32And");
      },
      () => e.result(32, () => f.get(r)),
    );
  },
};

export const floatOps: readonly RecordOp[] = Object.entries(bodies).map(([name, emit]) => ({
  name: `helper:${name}`,
  flags: "none",
  faults: true,
  hot: false,
  skip: RECORD_BYTES,
  emit,
}));
