import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] RDPKRU, WRPKRU", () => {
  it("rdpkru", () => {
    expect(liftText("0f 01 ee")).toMatchInlineSnapshot(`
      "v0 = get.32 ecx
      v1 = const.32 0x0
      v2 = ne.1 v0 v1
      raiseIf v2 #GP(0)
      v4 = getField.32 pkru
      set.32 eax v4
      v6 = const.32 0x0
      set.32 edx v6
      next"
    `);
  });
  it("wrpkru", () => {
    expect(liftText("0f 01 ef")).toMatchInlineSnapshot(`
      "v0 = get.32 ecx
      v1 = const.32 0x0
      v2 = ne.1 v0 v1
      raiseIf v2 #GP(0)
      v4 = get.32 edx
      v5 = const.32 0x0
      v6 = ne.1 v4 v5
      raiseIf v6 #GP(0)
      v8 = get.32 eax
      setField.32 pkru v8
      nextFresh"
    `);
  });

  it.each([["rdpkru without CR4.PKE", "0f 01 ee", liftMode(64, { cr4: { pke: false } }), "raise #UD"]] as const)(
    "%s",
    (_, bytes, mode, expected) => {
      expect(liftText(bytes, mode)).toBe(expected);
    },
  );
});
