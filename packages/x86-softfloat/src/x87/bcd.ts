/**
 * FBLD and FBSTP: packed BCD, 18 digits in bytes 0–8 (two to a byte, low digit in the low nibble), sign in bit 7 of
 * byte 9. Source: Intel SDM vol. 1 §4.7, table 4-4; vol. 2 FBLD, FBSTP.
 */
import { Condition, type FloatContext, FloatFlag } from "../context.ts";
import { noteInexact, roundToInteger, setInt64, TOO_LARGE } from "../core/integer.ts";
import { significand } from "../core/parts.ts";
import { ROUNDED_UP } from "../core/round.ts";
import { type F80, packF80, unpackF80 } from "./extended.ts";

const LIMIT = 10n ** 18n;

/** FBLD: exact. Nibbles above 9 count as 10–15, as the hardware adds them up. */
export function bcdToF80(ctx: FloatContext, out: F80, bytes: Uint8Array): void {
  let value = 0n;
  for (let i = 8; i >= 0; i--) {
    const byte = bytes[i] ?? 0;
    value = value * 100n + BigInt((byte >>> 4) * 10 + (byte & 15));
  }
  const { result } = ctx.scratch;
  setInt64(result, Number(value >> 32n), Number(value & 0xffff_ffffn));
  result.sign = (bytes[9] ?? 0) >>> 7;
  ctx.conditions = 0;
  packF80(out, result);
}

/**
 * FBSTP: writes 10 bytes. NaNs, infinities and what has more than 18 digits raise IE and give the packed BCD
 * indefinite, FFFF C000 0000 0000 0000h; nothing is to be stored if IE is unmasked.
 */
export function f80ToBcd(ctx: FloatContext, bytes: Uint8Array, a: F80): void {
  const { x } = ctx.scratch;
  unpackF80(x, a);
  const direction = roundToInteger(x, ctx.rounding);
  ctx.conditions = 0;
  let value = direction === TOO_LARGE ? LIMIT : significand(x);
  if (value >= LIMIT) {
    ctx.flags |= FloatFlag.IE;
    bytes.fill(0, 0, 7);
    bytes.fill(0xff, 8, 10);
    bytes[7] = 0xc0;
    return;
  }
  noteInexact(ctx, direction);
  if (direction === ROUNDED_UP) ctx.conditions = Condition.C1;
  for (let i = 0; i < 9; i++) {
    const pair = Number(value % 100n);
    value /= 100n;
    bytes[i] = (Math.floor(pair / 10) << 4) | (pair % 10);
  }
  bytes[9] = x.sign << 7;
}
