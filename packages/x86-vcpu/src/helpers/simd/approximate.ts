/**
 * RCPPS and RSQRTPS. The manual bounds the relative error by 1.5 · 2^-12 and fixes the special cases; processors differ
 * in the rest. Here the exact value is rounded to 12 significant bits (error below 2^-12), the same on every host.
 * MXCSR neither matters nor changes; denormals count as zeros, tiny results become zeros.
 *
 * Source: Intel SDM vol. 2, RCPPS and RSQRTPS, tables of special values.
 */
import type { Cpu } from "../../cpu.ts";
import { type Helper, HelperStatus } from "../../helper.ts";

const SIGN = 0x8000_0000;
const INFINITY = 0x7f80_0000;
const INDEFINITE = 0xffc0_0000;

/** Bits of `value`, a normal binary32 after rounding to 12 significant bits; 0 if tiny. */
function pack(value: number): number {
  if (Math.abs(value) < 2 ** -126) return value < 0 || Object.is(value, -0) ? SIGN : 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const scale = 2 ** (11 - exponent);
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setFloat32(0, Math.round(value * scale) / scale);
  return bytes.getUint32(0);
}

function toNumber(bits: number): number {
  const exponent = (bits >>> 23) & 0xff;
  const magnitude = (1 + (bits & 0x7f_ffff) / 0x80_0000) * 2 ** (exponent - 127);
  return bits >>> 31 ? -magnitude : magnitude;
}

const isNan = (bits: number): boolean => (bits & 0x7fff_ffff) > INFINITY;
const quiet = (bits: number): number => (bits | 0x40_0000) >>> 0;
const isZeroOrDenormal = (bits: number): boolean => (bits & 0x7f80_0000) === 0;

export function reciprocal(bits: number): number {
  const sign = bits & SIGN;
  if (isNan(bits)) return quiet(bits);
  if (isZeroOrDenormal(bits)) return (sign | INFINITY) >>> 0;
  if ((bits & 0x7fff_ffff) === INFINITY) return sign >>> 0;
  return pack(1 / toNumber(bits)) >>> 0;
}

export function reciprocalSqrt(bits: number): number {
  const sign = bits & SIGN;
  if (isNan(bits)) return quiet(bits);
  if (isZeroOrDenormal(bits)) return (sign | INFINITY) >>> 0;
  if (sign !== 0) return INDEFINITE;
  if (bits === INFINITY) return 0;
  return pack(1 / Math.sqrt(toNumber(bits))) >>> 0;
}

const packed =
  (f: (bits: number) => number, count: number): Helper =>
  (cpu: Cpu, a, _b, _c, result) => {
    for (let i = 0; i < count; i++) cpu.u32[(result >>> 2) + i] = f(cpu.u32[(a >>> 2) + i]!);
    return HelperStatus.Continue;
  };

export const approximate = {
  reciprocalF32: packed(reciprocal, 1),
  reciprocalF32x4: packed(reciprocal, 4),
  reciprocalSqrtF32: packed(reciprocalSqrt, 1),
  reciprocalSqrtF32x4: packed(reciprocalSqrt, 4),
} as const satisfies Record<string, Helper>;
