/** Between numbers taken apart and integers. Source: Intel SDM vol. 1 §4.8.4.2, table 4-2 (integer indefinite). */
import { type FloatContext, FloatFlag, type RoundingMode } from "../context.ts";
import { Kind, normalize, type Parts, setFinite, setZero, shiftRightSticky } from "./parts.ts";
import { EXACT, roundSignificand } from "./round.ts";

/** Returned by {@link roundToInteger} for what does not fit in 64 bits of magnitude. */
export const TOO_LARGE = -1;

/**
 * Replaces a zero or finite `p` by the magnitude of its integer value in high:low (kind and sign stay) and returns
 * whether that was exact, down or up; {@link TOO_LARGE} if it takes more than 64 bits or is no number.
 */
export function roundToInteger(p: Parts, mode: RoundingMode): number {
  if (p.kind === Kind.zero) return EXACT;
  if (p.kind !== Kind.finite || p.exponent > 63) return TOO_LARGE;
  shiftRightSticky(p, 63 - p.exponent);
  p.exponent = 63;
  const direction = roundSignificand(p, 64, mode);
  return p.exponent === 63 ? direction : TOO_LARGE;
}

/** True if the magnitude high:low with its sign fits in a signed integer of `bits` (16, 32 or 64). */
export function fitsSigned(p: Parts, bits: number): boolean {
  const high = bits === 64 ? p.high : p.low;
  if (bits !== 64 && p.high !== 0) return false;
  const limit = bits === 16 ? 0x8000 : 0x8000_0000;
  if (high < limit) return true;
  return p.sign === 1 && high === limit && (bits !== 64 || p.low === 0);
}

/**
 * Rounds `p` to an integral value of the same format kind: the result is normalized, a zero keeps the sign. Infinities
 * pass. Returns whether the magnitude was kept, cut or raised; raises no flags.
 */
export function roundToIntegral(p: Parts, mode: RoundingMode): number {
  if (p.kind !== Kind.finite || p.exponent >= 63) return EXACT;
  shiftRightSticky(p, 63 - p.exponent);
  p.exponent = 63;
  const direction = roundSignificand(p, 64, mode);
  if ((p.high | p.low) === 0) setZero(p, p.sign);
  else normalize(p);
  return direction;
}

/** Sets `p` to the signed 32-bit integer `value`. */
export function setInt32(p: Parts, value: number): void {
  p.denormal = false;
  if (value === 0) {
    setZero(p, 0);
    return;
  }
  setFinite(p, value < 0 ? 1 : 0, 63, 0, Math.abs(value), 0);
  normalize(p);
}

/** Sets `p` to a signed 64-bit integer given as two halves. */
export function setInt64(p: Parts, high: number, low: number): void {
  p.denormal = false;
  if ((high | low) === 0) {
    setZero(p, 0);
    return;
  }
  const negative = high >>> 31 !== 0;
  if (negative) setFinite(p, 1, 63, (low === 0 ? -high : ~high) >>> 0, -low >>> 0, 0);
  else setFinite(p, 0, 63, high >>> 0, low >>> 0, 0);
  normalize(p);
}

/** Raises PE if `direction` says that something was rounded off. */
export function noteInexact(ctx: FloatContext, direction: number): void {
  if (direction !== EXACT) ctx.flags |= FloatFlag.PE;
}
