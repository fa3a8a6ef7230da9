import type { CommandEnvironment } from "./command.ts";

/** Whole seconds since 1970 in the personality's time base, and the µs within the second (0..999,999). */
export function readTime({ host, personality }: CommandEnvironment): {
  readonly seconds: bigint;
  readonly microseconds: number;
} {
  const offset = personality.quirks.time === "local" ? BigInt(Math.trunc(host.timeOffsetSeconds)) * 1_000_000_000n : 0n;
  const ns = BigInt.asUintN(64, host.epochNs() + offset);
  return { seconds: ns / 1_000_000_000n, microseconds: Number((ns / 1000n) % 1_000_000n) };
}

/** Signed minutes as 32 bits. The offset stays signed until the end: west of Greenwich is negative, not huge. */
export const zoneMinutes = (offsetSeconds: number): number => Math.trunc(offsetSeconds / 60) >>> 0;
