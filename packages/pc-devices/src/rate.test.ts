import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRate } from "./rate.ts";

describe("[pc-devices] rate", () => {
  const rates = [1, 32_768, 1_193_182, 3_579_545, 14_318_180, 66_000_000, 100_000_000, 1_000_000_000];

  it("agrees with integer arithmetic of any width", () => {
    fc.assert(
      fc.property(fc.constantFrom(...rates), fc.nat(2 ** 31), fc.nat(2 ** 21), (hz, low, high) => {
        const ns = high * 2 ** 31 + low;
        const ticks = (BigInt(ns) * BigInt(hz)) / 1_000_000_000n;
        const rate = createRate(hz);
        expect(BigInt(rate.ticks(ns))).toBe(ticks);
        expect(BigInt(rate.ns(low))).toBe((BigInt(low) * 1_000_000_000n + BigInt(hz) - 1n) / BigInt(hz));
      }),
    );
  });

  it("at ns(t) exactly t ticks have passed, one ns before they have not", () => {
    fc.assert(
      fc.property(fc.constantFrom(...rates), fc.integer({ min: 1, max: 2 ** 40 }), (hz, ticks) => {
        const rate = createRate(hz);
        fc.pre(rate.ns(ticks) < 2 ** 53);
        expect(rate.ticks(rate.ns(ticks))).toBe(ticks);
        expect(rate.ticks(rate.ns(ticks) - 1)).toBe(ticks - 1);
      }),
    );
  });

  it.each([0, -1, 1.5, Number.NaN, 2e9, 999_999_999])("refuses %s Hz", (hz) => {
    expect(() => createRate(hz)).toThrow(`a rate of ${hz} Hz`);
  });
});
