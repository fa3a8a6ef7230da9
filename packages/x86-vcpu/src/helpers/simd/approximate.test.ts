import { describe, expect, it } from "vitest";
import { reciprocal, reciprocalSqrt } from "./approximate.ts";

const view = new DataView(new ArrayBuffer(4));
const toBits = (x: number): number => {
  view.setFloat32(0, x);
  return view.getUint32(0);
};
const toNumber = (bits: number): number => {
  view.setUint32(0, bits);
  return view.getFloat32(0);
};

/** The bound of the Intel SDM. */
const LIMIT = 1.5 * 2 ** -12;

describe("[x86-vcpu] RCPPS and RSQRTPS", () => {
  it("err by less than 1.5 · 2^-12", () => {
    let worst = 0;
    for (let exponent = -125; exponent < 126; exponent += 7)
      for (let step = 0; step < 200; step++) {
        const x = Math.fround((1 + step / 200) * 2 ** exponent);
        worst = Math.max(worst, Math.abs(toNumber(reciprocal(toBits(x))) * x - 1));
        worst = Math.max(worst, Math.abs(toNumber(reciprocalSqrt(toBits(x))) * Math.sqrt(x) - 1));
      }
    expect(worst).toBeLessThan(LIMIT);
    // A correctly rounded result would not be an approximation worth a bound.
    expect(worst).toBeGreaterThan(2 ** -14);
  });

  it("special values of 1/x", () => {
    for (const [input, output] of [
      [0x0000_0000, 0x7f80_0000],
      [0x8000_0000, 0xff80_0000],
      // denormals are zeros
      [0x0000_0001, 0x7f80_0000],
      [0x807f_ffff, 0xff80_0000],
      [0x7f80_0000, 0x0000_0000],
      [0xff80_0000, 0x8000_0000],
      // a NaN becomes quiet
      [0x7f80_0001, 0x7fc0_0001],
      // 1/2^127 is tiny
      [0x7f00_0000, 0x0000_0000],
      [0xff00_0000, 0x8000_0000],
      [0x3f80_0000, 0x3f80_0000],
      [0xc000_0000, 0xbf00_0000],
    ] as const)
      expect([input.toString(16), reciprocal(input).toString(16)]).toEqual([input.toString(16), output.toString(16)]);
  });

  it("special values of 1/√x", () => {
    for (const [input, output] of [
      [0x0000_0000, 0x7f80_0000],
      [0x8000_0000, 0xff80_0000],
      [0x8000_0001, 0xff80_0000],
      [0x7f80_0000, 0x0000_0000],
      [0xff80_0000, 0xffc0_0000],
      [0xbf80_0000, 0xffc0_0000],
      [0xff80_0001, 0xffc0_0001],
      [0x4080_0000, 0x3f00_0000],
    ] as const)
      expect([input.toString(16), reciprocalSqrt(input).toString(16)]).toEqual([
        input.toString(16),
        output.toString(16),
      ]);
  });
});
