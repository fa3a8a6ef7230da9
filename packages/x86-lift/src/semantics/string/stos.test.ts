import { describe, expect, it } from "vitest";
import { liftText } from "../../../test/lift-text.ts";

describe("[x86-lift] STOS", () => {
  it("stosd", () => {
    expect(liftText("ab", 32)).toMatchInlineSnapshot(`
      "v0 = get.32 edi
      v1 = zext.64 v0
      v2 = get.32 eax
      store.32 es:v1 v2
      v4 = getFlag df
      v5 = const.32 0xfffffffc
      v6 = const.32 0x4
      v7 = select.32 v4 v5 v6
      v8 = add.32 v0 v7
      set.32 edi v8
      next"
    `);
  });
  it("rep stosb", () => {
    expect(liftText("f3 aa")).toMatchInlineSnapshot(`
      "v0 = helper.1 repStos lo=0x4001 hi=0x3
      repeatIf v0"
    `);
  });
});
