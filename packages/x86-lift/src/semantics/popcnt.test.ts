import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] POPCNT", () => {
  it("popcnt ecx, eax", () => {
    expect(liftText("f3 0f b8 c8")).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = popcnt.32 v0
      set.32 ecx v1
      v3 = const.32 0x0
      v4 = eq.1 v0 v3
      v5 = zext.64 v4
      v6 = const.8 0x6
      v7 = shl.64 v5 v6
      setRflags v7 mask=0x8d5
      next"
    `);
  });

  it.each([["popcnt without the feature", "f3 0f b8 c8", liftMode(64, { has: () => false }), "raise #UD"]] as const)(
    "%s",
    (_, bytes, mode, expected) => {
      expect(liftText(bytes, mode)).toBe(expected);
    },
  );
});
