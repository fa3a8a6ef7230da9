import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] CLAC, STAC", () => {
  it("stac", () => {
    expect(liftText("0f 01 cb")).toMatchInlineSnapshot(`
      "v0 = const.64 0x40000
      helper writeRflags v0 lo=0x40000
      nextFresh"
    `);
  });

  it.each([["clac outside ring 0", "0f 01 ca", liftMode(64, { cpl: 3 }), "raise #UD"]] as const)(
    "%s",
    (_, bytes, mode, expected) => {
      expect(liftText(bytes, mode)).toBe(expected);
    },
  );
});
