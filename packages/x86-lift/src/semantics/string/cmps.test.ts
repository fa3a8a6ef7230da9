import { describe, expect, it } from "vitest";
import { liftText } from "../../../test/lift-text.ts";

describe("[x86-lift] CMPS", () => {
  it("cmpsd (not the vector instruction)", () => {
    expect(liftText("a7", 32)).toMatchInlineSnapshot(`
      "v0 = get.32 esi
      v1 = zext.64 v0
      v2 = get.32 edi
      v3 = zext.64 v2
      v4 = load.32 ds:v1
      v5 = load.32 es:v3
      v6 = getFlag df
      v7 = const.32 0xfffffffc
      v8 = const.32 0x4
      v9 = select.32 v6 v7 v8
      v10 = add.32 v0 v9
      set.32 esi v10
      v12 = getFlag df
      v13 = const.32 0xfffffffc
      v14 = const.32 0x4
      v15 = select.32 v12 v13 v14
      v16 = add.32 v2 v15
      set.32 edi v16
      v18 = sub.32 v4 v5
      flags.32 sub v4 v5 v18
      next"
    `);
  });
  it("repe cmpsb", () => {
    expect(liftText("f3 a6")).toMatchInlineSnapshot(`
      "v0 = helper.1 repCmps lo=0x4001 hi=0x3
      repeatIf v0"
    `);
  });
  it("repne cmpsb", () => {
    expect(liftText("f2 a6")).toMatchInlineSnapshot(`
      "v0 = helper.1 repCmps lo=0x14001 hi=0x3
      repeatIf v0"
    `);
  });
});
