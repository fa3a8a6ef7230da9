/** Encodings of binary32 and binary64. Source: Intel SDM vol. 1 §4.2.2, §4.8. */
import type { FloatContext } from "../context.ts";
import { Kind, normalize, type Parts, setFinite, setInfinity, setZero } from "./parts.ts";

/** Takes a binary32 apart; `daz` reads a denormal as zero. */
export function unpackF32(p: Parts, bits: number, daz: boolean): void {
  const sign = bits >>> 31;
  const field = (bits >>> 23) & 0xff;
  const fraction = (bits << 9) >>> 1;
  p.denormal = false;
  if (field === 0) {
    if (fraction === 0 || daz) setZero(p, sign);
    else {
      setFinite(p, sign, -126, fraction, 0, 0);
      normalize(p);
      p.denormal = true;
    }
  } else if (field !== 0xff) setFinite(p, sign, field - 127, (fraction | 0x8000_0000) >>> 0, 0, 0);
  else if (fraction === 0) setInfinity(p, sign);
  else {
    setFinite(p, sign, 0, (fraction | 0x8000_0000) >>> 0, 0, 0);
    p.kind = (fraction & 0x4000_0000) !== 0 ? Kind.quietNan : Kind.signallingNan;
  }
}

/** Encodes a rounded number; 0 for `none`. */
export function packF32(p: Parts): number {
  const sign = p.sign << 31;
  const fraction = (p.high >>> 8) & 0x7f_ffff;
  if (p.kind === Kind.finite) return (sign | (p.high >>> 31 ? (p.exponent + 127) << 23 : 0) | fraction) >>> 0;
  if (p.kind === Kind.zero) return sign >>> 0;
  if (p.kind === Kind.infinity) return (sign | 0x7f80_0000) >>> 0;
  if (p.kind === Kind.none) return 0;
  return (sign | 0x7fc0_0000 | fraction) >>> 0;
}

/** Takes a binary64 given as two u32 halves apart; `daz` reads a denormal as zero. */
export function unpackF64Halves(p: Parts, high: number, low: number, daz: boolean): void {
  const sign = high >>> 31;
  const field = (high >>> 20) & 0x7ff;
  const top = ((high << 11) | (low >>> 21)) & 0x7fff_ffff;
  const bottom = (low << 11) >>> 0;
  p.denormal = false;
  if (field === 0) {
    if ((top | bottom) === 0 || daz) setZero(p, sign);
    else {
      setFinite(p, sign, -1022, top, bottom, 0);
      normalize(p);
      p.denormal = true;
    }
  } else if (field !== 0x7ff) setFinite(p, sign, field - 1023, (top | 0x8000_0000) >>> 0, bottom, 0);
  else if ((top | bottom) === 0) setInfinity(p, sign);
  else {
    setFinite(p, sign, 0, (top | 0x8000_0000) >>> 0, bottom, 0);
    p.kind = (top & 0x4000_0000) !== 0 ? Kind.quietNan : Kind.signallingNan;
  }
}

/** Takes a binary64 apart. */
export function unpackF64(ctx: FloatContext, p: Parts, bits: bigint, daz: boolean): void {
  const { u64, u32 } = ctx.scratch;
  u64[0] = bits;
  unpackF64Halves(p, u32[1]!, u32[0]!, daz);
}

/** Encodes a rounded number; 0n for `none`. */
export function packF64(ctx: FloatContext, p: Parts): bigint {
  const { u64, u32 } = ctx.scratch;
  const sign = p.sign << 31;
  let high = sign;
  let low = 0;
  if (p.kind === Kind.infinity) high = sign | 0x7ff0_0000;
  else if (p.kind === Kind.none) high = 0;
  else if (p.kind !== Kind.zero) {
    low = (p.low >>> 11) | (p.high << 21);
    high = sign | ((p.high >>> 11) & 0xf_ffff);
    if (p.kind !== Kind.finite) high |= 0x7ff8_0000;
    else if (p.high >>> 31) high |= (p.exponent + 1023) << 20;
  }
  u32[0] = low;
  u32[1] = high;
  return u64[0]!;
}
