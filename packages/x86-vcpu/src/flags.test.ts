import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { statusFlags } from "./control-bits.ts";
import { evenParity, flagsToLazy, lazyToFlags } from "./flags.ts";
import { evaluateCondition } from "./status-flags.ts";

describe("[x86-vcpu] lazy flags", () => {
  test("any six flags come back", () => {
    const words = new Uint32Array(64);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), (value) => {
        flagsToLazy(words, 0, value);
        expect(lazyToFlags(words, 0)).toBe(value & statusFlags);
      }),
    );
  });

  test("parity of a byte", () => {
    expect([0, 1, 3, 0x80, 0xff, 0x1ff].map(evenParity)).toEqual([true, false, true, false, true, true]);
  });

  test("condition codes (SDM vol. 1, appendix B)", () => {
    const CF = 1;
    const PF = 4;
    const ZF = 0x40;
    const SF = 0x80;
    const OF = 0x800;
    const rows: [cc: number, flags: number, expected: boolean][] = [
      [0, OF, true],
      [2, CF, true],
      [4, ZF, true],
      [6, CF, true],
      [6, ZF, true],
      [7, 0, true],
      [7, CF, false],
      [8, SF, true],
      [10, PF, true],
      [12, SF, true],
      [12, SF | OF, false],
      [13, SF | OF, true],
      [14, ZF, true],
      [15, 0, true],
      [15, OF, false],
    ];
    for (const [cc, flags, expected] of rows) expect(evaluateCondition(cc, flags)).toBe(expected);
  });
});
