/** The pure integer operations of the IR on bit patterns: unsigned bigints below 2^w. */
import type { IrOpName } from "x86-lift";

export const mask = (w: number): bigint => (1n << BigInt(w)) - 1n;
const wrap = (w: number, v: bigint): bigint => BigInt.asUintN(w, v);
const signed = (w: number, v: bigint): bigint => BigInt.asIntN(w, v);
const bool = (b: boolean): bigint => (b ? 1n : 0n);
const rotate = (w: number, a: bigint, count: bigint): bigint => {
  const n = count % BigInt(w);
  return wrap(w, (a << n) | (a >> (BigInt(w) - n)));
};
const countLeading = (w: number, a: bigint): bigint => BigInt(a === 0n ? w : w - a.toString(2).length);
const countTrailing = (w: number, a: bigint): bigint =>
  a === 0n ? BigInt(w) : BigInt((a & -a).toString(2).length - 1);
const ones = (a: bigint): bigint => {
  let n = 0n;
  for (let rest = a; rest !== 0n; rest &= rest - 1n) n++;
  return n;
};
const swapBytes = (w: number, a: bigint): bigint => {
  let swapped = 0n;
  for (let bit = 0; bit < w; bit += 8) swapped = (swapped << 8n) | ((a >> BigInt(bit)) & 0xffn);
  return swapped;
};

/** w: width of the row. Comparisons and extensions get the width of operand a. */
export type IntegerOp = (w: number, a: bigint, b: bigint) => bigint;

/** Result as wide as the operands. */
export const arithmetic: { readonly [K in IrOpName]?: IntegerOp } = {
  add: (w, a, b) => wrap(w, a + b),
  sub: (w, a, b) => wrap(w, a - b),
  mul: (w, a, b) => wrap(w, a * b),
  mulHighU: (w, a, b) => (a * b) >> BigInt(w),
  mulHighS: (w, a, b) => wrap(w, (signed(w, a) * signed(w, b)) >> BigInt(w)),
  divU: (_w, a, b) => a / b,
  remU: (_w, a, b) => a % b,
  divS: (w, a, b) => wrap(w, signed(w, a) / signed(w, b)),
  remS: (w, a, b) => wrap(w, signed(w, a) % signed(w, b)),
  and: (_w, a, b) => a & b,
  or: (_w, a, b) => a | b,
  xor: (_w, a, b) => a ^ b,
  not: (w, a) => wrap(w, ~a),
  neg: (w, a) => wrap(w, -a),
  shl: (w, a, b) => wrap(w, a << b),
  shr: (_w, a, b) => a >> b,
  sar: (w, a, b) => wrap(w, signed(w, a) >> b),
  rotl: (w, a, b) => rotate(w, a, b),
  rotr: (w, a, b) => rotate(w, a, BigInt(w) - (b % BigInt(w))),
  clz: (w, a) => countLeading(w, a),
  ctz: (w, a) => countTrailing(w, a),
  popcnt: (_w, a) => ones(a),
  bswap: (w, a) => swapBytes(w, a),
};

/** Booleans from two operands of width w. */
export const comparisons: { readonly [K in IrOpName]?: IntegerOp } = {
  eq: (_w, a, b) => bool(a === b),
  ne: (_w, a, b) => bool(a !== b),
  ltU: (_w, a, b) => bool(a < b),
  ltS: (w, a, b) => bool(signed(w, a) < signed(w, b)),
  leU: (_w, a, b) => bool(a <= b),
  leS: (w, a, b) => bool(signed(w, a) <= signed(w, b)),
};
