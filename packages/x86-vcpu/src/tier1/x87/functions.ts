/**
 * 80-bit arithmetic in WebAssembly, for the common case: operands are zeros or normal, the result is normal or an exact zero,
 * rounding is to nearest and every exception is masked. Bit for bit what the helpers in TypeScript do, status word included;
 * whatever is not the common case answers 0 and has changed nothing.
 *
 * A number is its significand (i64, top bit set) and its sign and exponent (i32: bit 15, bits 14–0), as in memory.
 *
 * Sources: Intel SDM vol. 1 §8.1, §8.5 (registers, exceptions); Knuth, The Art of Computer Programming vol. 2 §4.3.1, algorithm D.
 */
import { StateOffset } from "../../state-layout.ts";
import type { Layout } from "../ops/emit.ts";
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import type { WasmValueType } from "../wasm/opcode.ts";

/**
 * Function indexes. A result that is a number comes as (significand, sign and exponent | status bits << 16), one in another format
 * as (bits, status bits); the second is negative when this is not the common case. Status bits are C1 and PE of the status word.
 */
export interface X87Functions {
  /** (am, ase, bm, bse) of plain numbers → number. */
  readonly add: number;
  readonly multiply: number;
  readonly divide: number;
  /** (am, ase, bm, bse) of plain numbers → CF and ZF. */
  readonly compare: number;
  /** (binary64) → number. */
  readonly fromF64: number;
  /** (signed integer) → number. */
  readonly fromI64: number;
  /** (m, se) of a plain number → bits. */
  readonly toF64: number;
  readonly toF32: number;
  /** (m, se, bits, truncate) of a plain number → integer. */
  readonly toInteger: number;
}

/** Status word: PE. */
const PE = 0x20;
const BIAS = 0x3fff;
const SIGN = 0x8000;
const MAGNITUDE = 0x7fff;
const TOP_BIT = -(1n << 63n);

type Types = readonly WasmValueType[];

export function x87Functions(module: ModuleBuilder, layout: Layout): X87Functions {
  const { state } = layout;
  const define = (params: Types, results: Types, write: (f: FunctionBuilder) => void): number => {
    const { index, body } = module.function(params, results);
    write(body);
    return index;
  };
  const number = ["i64", "i32"] as const;

  const fromF64 = define(["i64"], number, (f) => {
    const e = f.local("i32");
    f.get(0).i64(52).op("i64ShrU", "i32WrapI64").i32(0x7ff).op("i32And").tee(e).op("i32Eqz");
    f.if();
    // ±0, or a denormal.
    f.i64(0)
      .get(0)
      .i64(48)
      .op("i64ShrU", "i32WrapI64")
      .i32(-1)
      .get(0)
      .i64(1)
      .op("i64Shl", "i64Eqz", "select", "return");
    f.end();
    f.get(0).i64(11).op("i64Shl").i64(TOP_BIT).op("i64Or");
    f.get(0).i64(48).op("i64ShrU", "i32WrapI64").i32(SIGN).op("i32And");
    f.get(e)
      .i32(BIAS - 1023)
      .op("i32Add", "i32Or");
    f.i32(-1).get(e).i32(0x7ff).op("i32Ne", "select");
  });
  const fromI64 = define(["i64"], number, (f) => {
    const [m, shift] = [f.local("i64"), f.local("i64")];
    f.get(0).op("i64Eqz");
    f.if();
    f.i64(0).i32(0).op("return");
    f.end();
    f.get(0).get(0).i64(63).op("i64ShrS", "i64Xor").get(0).i64(63).op("i64ShrS", "i64Sub").tee(m);
    f.get(m).op("i64Clz").tee(shift).op("i64Shl");
    f.get(0).i64(48).op("i64ShrU", "i32WrapI64").i32(SIGN).op("i32And");
    f.i32(BIAS + 63)
      .get(shift)
      .op("i32WrapI64", "i32Sub", "i32Or");
  });

  /** Pushes the number made of these locals, rounded as FCW says. */
  const round = (f: FunctionBuilder, e: number, m: number, ext: number, sign: () => void): void => {
    const ulp = f.local("i64");
    const up = f.local("i32");
    const pc = f.local("i32");
    f.i64(1).set(ulp);
    f.i32(0)
      .access("i32Load16U", state + StateOffset.fcw)
      .i32(0x300)
      .op("i32And")
      .tee(pc)
      .i32(0x300)
      .op("i32Ne");
    // The reserved value 01 works as 64 bits.
    f.get(pc).i32(0x100).op("i32Ne", "i32And");
    f.if();
    f.i64(1).i64(11).i64(40).get(pc).op("select", "i64Shl").set(ulp);
    // What is below the unit in the last place becomes the fraction, with a sticky bit.
    f.get(m);
    f.i64(53).i64(24).get(pc).op("select", "i64Shl").get(ext).i64(0).op("i64Ne", "i64ExtendI32U", "i64Or").set(ext);
    f.get(m).i64(0).get(ulp).op("i64Sub", "i64And").set(m);
    f.end();
    f.get(ext).i64(0).op("i64LtS");
    f.get(ext).i64(1).op("i64Shl").get(m).get(ulp).op("i64And", "i64Or").i64(0).op("i64Ne", "i32And").tee(up);
    f.if();
    f.get(m).get(ulp).op("i64Add").tee(m).op("i64Eqz");
    f.if();
    f.i64(TOP_BIT).set(m);
    f.get(e).i32(1).op("i32Add").set(e);
    f.end();
    f.end();
    f.get(m);
    sign();
    f.get(e).op("i32Or");
    inexact(f, ext, up);
    f.i32(16).op("i32Shl", "i32Or");
    f.i32(-1).get(e).i32(1).op("i32Sub").i32(0x7ffe).op("i32LtU", "select");
  };
  /** Pushes PE and C1. */
  const inexact = (f: FunctionBuilder, ext: number, up: number): void => {
    f.i32(PE).i32(0).get(ext).i64(0).op("i64Ne", "select").get(up).i32(9).op("i32Shl", "i32Or");
  };

  const add = define(["i64", "i32", "i64", "i32"], number, (f) => {
    const [am, ase, bm, bse] = [0, 1, 2, 3];
    const ext = f.local("i64");
    const t = f.local("i64");
    const e = f.local("i32");
    const eb = f.local("i32");
    const d = f.local("i32");
    f.get(ase).i32(MAGNITUDE).op("i32And").set(e);
    f.get(bse).i32(MAGNITUDE).op("i32And").set(eb);
    // The greater magnitude first.
    f.get(e).get(eb).op("i32LtU").get(e).get(eb).op("i32Eq").get(am).get(bm).op("i64LtU", "i32And", "i32Or");
    f.if();
    f.get(am).set(t).get(bm).set(am).get(t).set(bm);
    f.get(ase).set(d).get(bse).set(ase).get(d).set(bse);
    f.get(e).set(d).get(eb).set(e).get(d).set(eb);
    f.end();
    f.get(bm).op("i64Eqz");
    f.if();
    // Zero and zero, or anything and zero.
    f.get(am).op("i64Eqz");
    f.if();
    f.i64(0).get(ase).get(bse).op("i32And").i32(SIGN).op("i32And", "return");
    f.end();
    f.end();
    // Shift b right by d: bm.ext with a sticky bit at the end. (A zero comes to nothing.)
    f.get(e).get(eb).op("i32Sub").tee(d);
    f.if();
    f.get(d).i32(64).op("i32LtU");
    f.if();
    f.get(bm).i32(64).get(d).op("i32Sub", "i64ExtendI32U", "i64Shl").set(ext);
    f.get(bm).get(d).op("i64ExtendI32U", "i64ShrU").set(bm);
    f.else();
    f.get(d).i32(128).op("i32LtU");
    f.if();
    f.get(bm).get(d).op("i64ExtendI32U", "i64ShrU").tee(t);
    f.get(t).get(d).op("i64ExtendI32U", "i64Shl").get(bm).op("i64Ne", "i64ExtendI32U", "i64Or").set(ext);
    f.else();
    f.get(bm).i64(0).op("i64Ne", "i64ExtendI32U").set(ext);
    f.end();
    f.i64(0).set(bm);
    f.end();
    f.end();
    f.get(ase).get(bse).op("i32Xor").i32(SIGN).op("i32And", "i32Eqz");
    f.if();
    f.get(am).get(bm).op("i64Add").tee(t).get(am).op("i64LtU");
    f.if();
    f.get(ext).i64(1).op("i64And").get(ext).i64(1).op("i64ShrU", "i64Or").get(t).i64(63).op("i64Shl", "i64Or").set(ext);
    f.get(t).i64(1).op("i64ShrU").i64(TOP_BIT).op("i64Or").set(t);
    f.get(e).i32(1).op("i32Add").set(e);
    f.end();
    f.else();
    f.get(am).get(bm).op("i64Sub").get(ext).i64(0).op("i64Ne", "i64ExtendI32U", "i64Sub").set(t);
    f.i64(0).get(ext).op("i64Sub").set(ext);
    f.get(t).op("i64Eqz");
    f.if();
    // +0 when nothing is left, for rounding is to nearest.
    f.get(ext).op("i64Eqz");
    f.if();
    f.i64(0).i32(0).op("return");
    f.end();
    f.get(ext).set(t).i64(0).set(ext);
    f.get(e).i32(64).op("i32Sub").set(e);
    f.end();
    f.get(t).op("i64Clz", "i32WrapI64").tee(d);
    f.if();
    f.get(t).get(d).op("i64ExtendI32U", "i64Shl");
    f.get(ext).i32(64).get(d).op("i32Sub", "i64ExtendI32U", "i64ShrU", "i64Or").set(t);
    f.get(ext).get(d).op("i64ExtendI32U", "i64Shl").set(ext);
    f.get(e).get(d).op("i32Sub").set(e);
    f.end();
    f.end();
    round(f, e, t, ext, () => f.get(ase).i32(SIGN).op("i32And"));
  });

  // High 64 bits of an unsigned product.
  const productHigh = define(["i64", "i64"], ["i64"], (f) => {
    const l = f.local("i64");
    const r = f.local("i64");
    const low = (local: number): void => void f.get(local).i64(0xffff_ffffn).op("i64And");
    const high = (local: number): void => void f.get(local).i64(32).op("i64ShrU");
    low(0);
    high(1);
    f.op("i64Mul");
    low(0);
    low(1);
    f.op("i64Mul").i64(32).op("i64ShrU", "i64Add").set(l);
    high(0);
    low(1);
    f.op("i64Mul");
    low(l);
    f.op("i64Add").set(r);
    high(0);
    high(1);
    f.op("i64Mul");
    high(l);
    f.op("i64Add");
    high(r);
    f.op("i64Add");
  });
  const signOfProduct = (f: FunctionBuilder, a: number, b: number): FunctionBuilder =>
    f.get(a).get(b).op("i32Xor").i32(SIGN).op("i32And");
  const multiply = define(["i64", "i32", "i64", "i32"], number, (f) => {
    const [am, ase, bm, bse] = [0, 1, 2, 3];
    const low = f.local("i64");
    const high = f.local("i64");
    const e = f.local("i32");
    f.get(am).op("i64Eqz").get(bm).op("i64Eqz", "i32Or");
    f.if();
    f.i64(0);
    signOfProduct(f, ase, bse).op("return");
    f.end();
    f.get(ase).i32(MAGNITUDE).op("i32And").get(bse).i32(MAGNITUDE).op("i32And", "i32Add");
    f.i32(BIAS - 1)
      .op("i32Sub")
      .set(e);
    f.get(am).get(bm).op("i64Mul").set(low);
    f.get(am).get(bm).call(productHigh).tee(high).i64(0).op("i64GeS");
    f.if();
    f.get(high).i64(1).op("i64Shl").get(low).i64(63).op("i64ShrU", "i64Or").set(high);
    f.get(low).i64(1).op("i64Shl").set(low);
    f.get(e).i32(1).op("i32Sub").set(e);
    f.end();
    round(f, e, high, low, () => signOfProduct(f, ase, bse));
  });

  // (high, low, divisor) → quotient; the divisor's top bit is set and high is below it.
  const divideWide = define(["i64", "i64", "i64"], ["i64"], (f) => {
    const [high, low, divisor] = [0, 1, 2];
    const top = f.local("i64");
    const bottom = f.local("i64");
    const first = f.local("i64");
    const q = f.local("i64");
    const r = f.local("i64");
    f.get(divisor).i64(32).op("i64ShrU").set(top);
    f.get(divisor).i64(0xffff_ffffn).op("i64And").set(bottom);
    /** A digit of the quotient of `high` by the divisor, with the next digit of the dividend as `next` pushes it. */
    const digit = (next: () => void): void => {
      f.get(high).get(top).op("i64DivU").tee(q).get(top).op("i64Mul").set(r);
      f.get(high).get(r).op("i64Sub").set(r);
      // The estimate is at most two too great.
      for (let i = 0; i < 2; i++) {
        f.get(q).i64(32).op("i64ShrU", "i64Eqz", "i32Eqz");
        f.get(q).get(bottom).op("i64Mul").get(r).i64(32).op("i64Shl");
        next();
        f.op("i64Or", "i64GtU", "i32Or").get(r).i64(32).op("i64ShrU", "i64Eqz", "i32And");
        f.if();
        f.get(q).i64(1).op("i64Sub").set(q);
        f.get(r).get(top).op("i64Add").set(r);
        f.end();
      }
    };
    const upper = (): void => void f.get(low).i64(32).op("i64ShrU");
    digit(upper);
    f.get(q).set(first);
    f.get(high).i64(32).op("i64Shl");
    upper();
    f.op("i64Or").get(q).get(divisor).op("i64Mul", "i64Sub").set(high);
    digit(() => f.get(low).i64(0xffff_ffffn).op("i64And"));
    f.get(first).i64(32).op("i64Shl").get(q).op("i64Add");
  });
  const divide = define(["i64", "i32", "i64", "i32"], number, (f) => {
    const [am, ase, bm, bse] = [0, 1, 2, 3];
    const low = f.local("i64");
    const q = f.local("i64");
    const e = f.local("i32");
    f.get(bm).op("i64Eqz");
    f.if();
    f.i64(0).i32(-1).op("return");
    f.end();
    f.get(am).op("i64Eqz");
    f.if();
    f.i64(0);
    signOfProduct(f, ase, bse).op("return");
    f.end();
    f.get(ase).i32(MAGNITUDE).op("i32And").get(bse).i32(MAGNITUDE).op("i32And", "i32Sub");
    f.i32(BIAS - 1)
      .op("i32Add")
      .set(e);
    f.get(am).get(bm).op("i64GeU");
    f.if();
    f.get(am).i64(63).op("i64Shl").set(low);
    f.get(am).i64(1).op("i64ShrU").set(am);
    f.get(e).i32(1).op("i32Add").set(e);
    f.end();
    f.get(am).get(low).get(bm).call(divideWide).set(q);
    // What remains, against half the divisor.
    f.get(low).get(q).get(bm).op("i64Mul", "i64Sub").set(low);
    f.get(low).get(bm).get(low).op("i64Sub", "i64GeU", "i64ExtendI32U").i64(63).op("i64Shl");
    f.get(low).get(bm).get(low).op("i64Sub", "i64Ne").get(low).i64(0).op("i64Ne", "i32And", "i64ExtendI32U", "i64Or");
    f.set(low);
    round(f, e, q, low, () => signOfProduct(f, ase, bse));
  });

  const compare = define(["i64", "i32", "i64", "i32"], ["i32"], (f) => {
    const [am, ase, bm, bse] = [0, 1, 2, 3];
    const less = f.local("i32");
    const ea = f.local("i32");
    const eb = f.local("i32");
    f.get(am).get(bm).op("i64Or", "i64Eqz");
    f.if();
    f.i32(0x40).op("return");
    f.end();
    // Different signs: the negative one is less.
    f.get(ase).get(bse).op("i32Xor").i32(SIGN).op("i32And");
    f.if();
    f.get(ase).i32(15).op("i32ShrU").op("return");
    f.end();
    f.get(am).get(bm).op("i64Eq").get(ase).get(bse).op("i32Eq", "i32And");
    f.if();
    f.i32(0x40).op("return");
    f.end();
    f.get(ase).i32(MAGNITUDE).op("i32And").set(ea);
    f.get(bse).i32(MAGNITUDE).op("i32And").set(eb);
    f.get(ea)
      .get(eb)
      .op("i32LtU")
      .get(ea)
      .get(eb)
      .op("i32Eq")
      .get(am)
      .get(bm)
      .op("i64LtU", "i32And", "i32Or")
      .set(less);
    f.get(less).get(ase).i32(15).op("i32ShrU", "i32Xor");
  });

  /** To a binary format of `bits` bits of precision and a bias, as the bits of an i64; −1: not the common case. */
  const toBinary = (precision: 53 | 24, bias: number): number =>
    define(["i64", "i32"], number, (f) => {
      const [m, se] = [0, 1];
      const rest = f.local("i64");
      const e = f.local("i32");
      const up = f.local("i32");
      const width = precision === 53 ? 64 : 32;
      const sign = (): void =>
        void f
          .get(se)
          .i32(15)
          .op("i32ShrU", "i64ExtendI32U")
          .i64(width - 1)
          .op("i64Shl");
      f.get(m).op("i64Eqz");
      f.if();
      sign();
      f.i32(0).op("return");
      f.end();
      f.get(m).i64(precision).op("i64Shl").set(rest);
      f.get(m)
        .i64(64 - precision)
        .op("i64ShrU")
        .set(m);
      f.get(se)
        .i32(MAGNITUDE)
        .op("i32And")
        .i32(BIAS - bias)
        .op("i32Sub")
        .set(e);
      f.get(rest).i64(0).op("i64LtS");
      f.get(rest).i64(1).op("i64Shl").get(m).i64(1).op("i64And", "i64Or").i64(0).op("i64Ne", "i32And").tee(up);
      f.op("i64ExtendI32U").get(m).op("i64Add").set(m);
      // A carry out of the top leaves zeros below, and the hidden bit one higher.
      f.get(m).i64(precision).op("i64ShrU", "i32WrapI64").get(e).op("i32Add").tee(e);
      f.i32(1)
        .op("i32Sub")
        .i32(2 * bias)
        .op("i32GeU");
      f.if();
      f.i64(0).i32(-1).op("return");
      f.end();
      sign();
      f.get(e)
        .op("i64ExtendI32U")
        .i64(precision - 1)
        .op("i64Shl");
      f.get(m)
        .i64((1n << BigInt(precision - 1)) - 1n)
        .op("i64And", "i64Or", "i64Or");
      inexact(f, rest, up);
    });

  const toInteger = define(["i64", "i32", "i32", "i32"], number, (f) => {
    const [m, se, bits, truncate] = [0, 1, 2, 3];
    const shift = f.local("i32");
    const rest = f.local("i64");
    const up = f.local("i32");
    f.i32(BIAS + 63)
      .get(se)
      .i32(MAGNITUDE)
      .op("i32And", "i32Sub")
      .tee(shift)
      .i32(0)
      .op("i32LeS");
    f.if();
    f.i64(0).i32(-1).op("return");
    f.end();
    f.get(shift).i32(64).op("i32LtU");
    f.if();
    f.get(m).i32(64).get(shift).op("i32Sub", "i64ExtendI32U", "i64Shl").set(rest);
    f.get(m).get(shift).op("i64ExtendI32U", "i64ShrU").set(m);
    f.else();
    // Below one: at most a half when the shift is 64, less beyond.
    f.get(m);
    f.get(m).i64(0).op("i64Ne", "i64ExtendI32U");
    f.get(shift).i32(64).op("i32Eq", "select").set(rest);
    f.i64(0).set(m);
    f.end();
    f.get(rest).i64(0).op("i64LtS");
    f.get(rest).i64(1).op("i64Shl").get(m).i64(1).op("i64And", "i64Or").i64(0).op("i64Ne", "i32And");
    f.get(truncate).op("i32Eqz", "i32And").tee(up).op("i64ExtendI32U").get(m).op("i64Add").tee(m);
    // Below 2^(bits − 1).
    f.get(bits).i32(1).op("i32Sub", "i64ExtendI32U", "i64ShrU", "i64Eqz", "i32Eqz");
    f.if();
    f.i64(0).i32(-1).op("return");
    f.end();
    f.i64(0).get(m).op("i64Sub").get(m).get(se).i32(SIGN).op("i32And", "select");
    inexact(f, rest, up);
  });

  return {
    add,
    multiply,
    divide,
    compare,
    fromF64,
    fromI64,
    toF64: toBinary(53, 1023),
    toF32: toBinary(24, 127),
    toInteger,
  };
}
