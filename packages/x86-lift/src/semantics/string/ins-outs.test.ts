import { describe, expect, it } from "vitest";
import { liftText } from "../../../test/lift-text.ts";
import { liftMode } from "../../mode.ts";

describe("[x86-lift] INS, OUTS", () => {
  it("insb", () => {
    expect(liftText("6c")).toMatchInlineSnapshot(`
      "v0 = get.16 dx
      helper stringIo v0 lo=0x4051
      next"
    `);
  });
  it("rep outsw from FS at ring 3", () => {
    expect(liftText("f3 64 66 6f", liftMode(64, { cpl: 3 }))).toMatchInlineSnapshot(`
      "v0 = get.16 dx
      helper checkIo v0 lo=0x2
      helper stringIo v0 lo=0x40c2 hi=0x4
      next"
    `);
  });
});
