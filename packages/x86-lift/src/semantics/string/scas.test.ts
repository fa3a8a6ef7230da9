import { describe, expect, it } from "vitest";
import { liftText } from "../../../test/lift-text.ts";

describe("[x86-lift] SCAS", () => {
  it("scasb", () => {
    expect(liftText("ae")).toMatchInlineSnapshot(`
      "v0 = get.64 rdi
      v1 = get.8 al
      v2 = load.8 es:v0
      v3 = getFlag df
      v4 = const.64 0xffffffffffffffff
      v5 = const.64 0x1
      v6 = select.64 v3 v4 v5
      v7 = add.64 v0 v6
      set.64 rdi v7
      v9 = sub.8 v1 v2
      flags.8 sub v1 v2 v9
      next"
    `);
  });
  it("repne scasb", () => {
    expect(liftText("f2 ae")).toMatchInlineSnapshot(`
      "v0 = helper.1 repScas lo=0x14001 hi=0x3
      repeatIf v0"
    `);
  });
});
