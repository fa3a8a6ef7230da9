import { describe, expect, it } from "vitest";
import { copyF80, createF80, f80FromBits, f80ToBits, readF80, writeF80 } from "./extended.ts";

describe("80-bit numbers in memory", () => {
  // −1.5 as the SDM's figure 4-3 lays it out: sign, biased exponent 3FFFh, integer bit and fraction.
  const bytes = [0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0xbf];

  it("reads and writes ten little-endian bytes at any offset and nothing else", () => {
    const view = new DataView(new Uint8Array([0xaa, ...bytes, 0xaa]).buffer);
    const value = createF80();
    readF80(value, view, 1);
    expect(value).toEqual({ signExponent: 0xbfff, high: 0xc000_0000, low: 0 });
    const copy = new DataView(new ArrayBuffer(12));
    writeF80(value, copy, 1);
    expect([...new Uint8Array(copy.buffer)]).toEqual([0, ...bytes, 0]);
  });

  it("converts to and from 80 bits", () => {
    const value = createF80();
    f80FromBits(value, 0xbfff_c000_0000_0000_0001n);
    expect(f80ToBits(value)).toBe(0xbfff_c000_0000_0000_0001n);
    const other = createF80();
    copyF80(other, value);
    expect(other).toEqual(value);
  });
});
