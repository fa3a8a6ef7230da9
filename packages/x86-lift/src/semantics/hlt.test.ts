import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] HLT", () => {
  it("hlt", () => {
    expect(liftText("f4")).toMatchInlineSnapshot(`"exit hlt"`);
  });

  it.each([["hlt at ring 3", "f4", liftMode(64, { cpl: 3 }), "raise #GP(0)"]] as const)(
    "%s",
    (_, bytes, mode, expected) => {
      expect(liftText(bytes, mode)).toBe(expected);
    },
  );
});
