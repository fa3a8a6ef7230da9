/** A floating-point number taken apart: the form in which all three formats meet. */

/** What a {@link Parts} holds. */
export const Kind = {
  zero: 0,
  finite: 1,
  infinity: 2,
  quietNan: 3,
  signallingNan: 4,
  /** An 80-bit encoding that no x87 since the 387 accepts. */
  unsupported: 5,
  /** No result: an unmasked exception stopped the operation before it wrote anything. */
  none: 6,
} as const;

/**
 * Value = ±(high:low:ext / 2^95) × 2^exponent for `finite`; normalized means bit 31 of `high` is set. `ext` extends the
 * significand downwards by 32 bits, the last of which is sticky. NaNs keep their significand left-aligned in `high:low`.
 */
export interface Parts {
  kind: number;
  /** 0 or 1. */
  sign: number;
  exponent: number;
  /** u32 */
  high: number;
  /** u32 */
  low: number;
  /** u32 */
  ext: number;
  /** The encoding was a denormal (or pseudo-denormal). */
  denormal: boolean;
}

export function createParts(): Parts {
  return { kind: Kind.zero, sign: 0, exponent: 0, high: 0, low: 0, ext: 0, denormal: false };
}

export function copyParts(to: Parts, from: Parts): void {
  to.kind = from.kind;
  to.sign = from.sign;
  to.exponent = from.exponent;
  to.high = from.high;
  to.low = from.low;
  to.ext = from.ext;
  to.denormal = from.denormal;
}

export function setZero(p: Parts, sign: number): void {
  p.kind = Kind.zero;
  p.sign = sign;
  p.exponent = 0;
  p.high = 0;
  p.low = 0;
  p.ext = 0;
}

export function setInfinity(p: Parts, sign: number): void {
  p.kind = Kind.infinity;
  p.sign = sign;
  p.exponent = 0;
  p.high = 0x8000_0000;
  p.low = 0;
  p.ext = 0;
}

/** The "real indefinite": negative, quiet, empty payload. */
export function setIndefinite(p: Parts): void {
  p.kind = Kind.quietNan;
  p.sign = 1;
  p.exponent = 0;
  p.high = 0xc000_0000;
  p.low = 0;
  p.ext = 0;
}

export function setFinite(p: Parts, sign: number, exponent: number, high: number, low: number, ext: number): void {
  p.kind = Kind.finite;
  p.sign = sign;
  p.exponent = exponent;
  p.high = high;
  p.low = low;
  p.ext = ext;
}

/** NaN, or an unsupported 80-bit encoding. */
export function isNan(p: Parts): boolean {
  return p.kind >= Kind.quietNan;
}

/** Shifts high:low:ext right by `count` ≥ 0 bits; lost bits stick to the last one. */
export function shiftRightSticky(p: Parts, count: number): void {
  let { high, low, ext } = p;
  if (count >= 96) {
    p.ext = (high | low | ext) !== 0 ? 1 : 0;
    p.high = 0;
    p.low = 0;
    return;
  }
  let n = count;
  while (n >= 32) {
    ext = (low | (ext !== 0 ? 1 : 0)) >>> 0;
    low = high;
    high = 0;
    n -= 32;
  }
  if (n > 0) {
    const lost = ext << (32 - n) !== 0 ? 1 : 0;
    ext = ((ext >>> n) | (low << (32 - n)) | lost) >>> 0;
    low = ((low >>> n) | (high << (32 - n))) >>> 0;
    high = high >>> n;
  }
  p.high = high;
  p.low = low;
  p.ext = ext;
}

/** Shifts left until bit 31 of `high` is set and lowers the exponent; the significand must not be all zero. */
export function normalize(p: Parts): void {
  let { high, low, ext } = p;
  let shifted = 0;
  while (high === 0) {
    high = low;
    low = ext;
    ext = 0;
    shifted += 32;
  }
  const n = Math.clz32(high);
  if (n > 0) {
    high = ((high << n) | (low >>> (32 - n))) >>> 0;
    low = ((low << n) | (ext >>> (32 - n))) >>> 0;
    ext = (ext << n) >>> 0;
  }
  p.high = high;
  p.low = low;
  p.ext = ext;
  p.exponent -= shifted + n;
}

/** -1, 0 or 1 as the significand of `a` is below, equal to or above that of `b`. */
export function compareSignificands(a: Parts, b: Parts): number {
  if (a.high !== b.high) return a.high < b.high ? -1 : 1;
  if (a.low !== b.low) return a.low < b.low ? -1 : 1;
  return 0;
}

/** -1, 0 or 1 for two numbers neither of which is a NaN. */
export function compareParts(a: Parts, b: Parts): number {
  if (a.kind === Kind.zero) return b.kind === Kind.zero ? 0 : b.sign ? 1 : -1;
  const sense = a.sign ? -1 : 1;
  if (b.kind === Kind.zero || a.sign !== b.sign) return sense;
  if (a.kind === Kind.infinity) return b.kind === Kind.infinity ? 0 : sense;
  if (b.kind === Kind.infinity) return -sense;
  if (a.exponent !== b.exponent) return a.exponent < b.exponent ? -sense : sense;
  return sense * compareSignificands(a, b);
}

/** `high:low` as one number. */
export function significand(p: Parts): bigint {
  return (BigInt(p.high) << 32n) | BigInt(p.low);
}

/** Number of bits of `value` ≥ 0; 0 for 0n. */
export function bitLength(value: bigint): number {
  if (value === 0n) return 0;
  const approximate = Number(value);
  if (approximate < 2 ** 1000) {
    // The logarithm may be off by one either way; the shift decides.
    const exponent = Math.max(0, Math.round(Math.log2(approximate)));
    const top = value >> BigInt(exponent);
    return top === 0n ? exponent : top < 2n ? exponent + 1 : exponent + 2;
  }
  const hex = value.toString(16);
  return hex.length * 4 - Math.clz32(Number.parseInt(hex[0]!, 16)) + 28;
}

/** Sets ±(value × 2^scale), rounding off to the 96 bits of `Parts` with the last one sticky; `value` > 0. */
export function setFromBigint(p: Parts, sign: number, value: bigint, scale: number, sticky: boolean): void {
  const length = bitLength(value);
  const drop = length - 96;
  let top = value;
  let lost = sticky;
  if (drop > 0) {
    top = value >> BigInt(drop);
    lost ||= BigInt.asUintN(drop, value) !== 0n;
  } else if (drop < 0) {
    top = value << BigInt(-drop);
  }
  p.kind = Kind.finite;
  p.sign = sign;
  p.exponent = scale + length - 1;
  p.high = Number(top >> 64n);
  p.low = Number((top >> 32n) & 0xffff_ffffn);
  p.ext = (Number(top & 0xffff_ffffn) | (lost ? 1 : 0)) >>> 0;
}
