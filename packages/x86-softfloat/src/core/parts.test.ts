import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bitLength, createParts, normalize, setFinite, shiftRightSticky } from "./parts.ts";

describe("parts", () => {
  it("counts bits on both sides of every power of two", () => {
    expect(bitLength(0n)).toBe(0);
    for (let n = 1; n < 1200; n++) {
      expect(bitLength(1n << BigInt(n - 1))).toBe(n);
      expect(bitLength((1n << BigInt(n)) - 1n)).toBe(n);
    }
  });

  it("shifts 96 bits right and keeps lost bits in the last one", () => {
    const word = fc.integer({ min: 0, max: 0xffff_ffff });
    fc.assert(
      fc.property(word, word, word, fc.integer({ min: 0, max: 200 }), (high, low, ext, count) => {
        const p = createParts();
        setFinite(p, 0, 0, high, low, ext);
        const before = (BigInt(high) << 64n) | (BigInt(low) << 32n) | BigInt(ext);
        shiftRightSticky(p, count);
        const shifted = before >> BigInt(count);
        const lost = shifted << BigInt(count) !== before ? 1n : 0n;
        expect((BigInt(p.high) << 64n) | (BigInt(p.low) << 32n) | BigInt(p.ext)).toBe(shifted | lost);
      }),
    );
  });

  it("normalizes down to the last bit", () => {
    const p = createParts();
    setFinite(p, 0, 10, 0, 0, 1);
    normalize(p);
    expect(p).toMatchObject({ exponent: 10 - 95, high: 0x8000_0000, low: 0, ext: 0 });
  });
});
