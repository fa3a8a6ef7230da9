/** A guest chooses all operand and control bits: nothing throws, hangs, or leaves a malformed number behind. */
import fc from "fast-check";
import { expect, it } from "vitest";
import * as sf from "../src/index.ts";

const binary = [sf.f80Add, sf.f80Sub, sf.f80Mul, sf.f80Div, sf.f80Remainder, sf.f80IeeeRemainder, sf.f80Scale];
const transcendental = [sf.f80Log2, sf.f80Log2Plus1, sf.f80Atan];
const unary = [sf.f80Sqrt, sf.f80RoundToInt, sf.f80Exp2Minus1, sf.f80Sin, sf.f80Cos];

const bits80 = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 80n) - 1n }),
  fc
    .tuple(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0n, 1n, 1n << 62n, 1n << 63n, (1n << 64n) - 1n))
    .map(([top, low]) => (BigInt(top) << 64n) | low),
);

function expectWellFormed(value: sf.F80): void {
  for (const [part, max] of [
    [value.signExponent, 0xffff],
    [value.high, 0xffff_ffff],
    [value.low, 0xffff_ffff],
  ] as const) {
    expect(Number.isInteger(part) && part >= 0 && part <= max).toBe(true);
  }
}

it("80-bit operations take any bits", () => {
  const ctx = sf.createFloatContext();
  const a = sf.createF80();
  const b = sf.createF80();
  const out = sf.createF80();
  const second = sf.createF80();
  fc.assert(
    fc.property(bits80, bits80, fc.integer({ min: 0, max: 0xffff }), (x, y, fcw) => {
      sf.f80FromBits(a, x);
      sf.f80FromBits(b, y);
      sf.loadControlWord(ctx, fcw);
      for (const operation of [...binary, ...transcendental]) {
        operation(ctx, out, a, b);
        expectWellFormed(out);
      }
      for (const operation of unary) {
        operation(ctx, out, a);
        expectWellFormed(out);
      }
      for (const operation of [sf.f80SinCos, sf.f80Tan, sf.f80Extract]) {
        operation(ctx, out, second, a);
        expectWellFormed(out);
        expectWellFormed(second);
      }
      sf.f80ToBcd(ctx, new Uint8Array(10), a);
      const integers = [sf.f80ToI16(ctx, a), sf.f80ToI32(ctx, a), Number(sf.f80ToI64(ctx, a))];
      for (const integer of integers) expect(Number.isInteger(integer)).toBe(true);
      expect(ctx.flags & ~0x3f).toBe(0);
    }),
    { numRuns: 300 },
  );
});

it("results written in place equal results written elsewhere", () => {
  const ctx = sf.createFloatContext();
  const out = sf.createF80();
  fc.assert(
    fc.property(bits80, bits80, (x, y) => {
      for (const operation of [...binary, ...transcendental]) {
        const a = sf.createF80();
        const b = sf.createF80();
        sf.f80FromBits(a, x);
        sf.f80FromBits(b, y);
        operation(ctx, out, a, b);
        operation(ctx, b, a, b);
        expect(b).toEqual(out);
      }
    }),
    { numRuns: 100 },
  );
});
