import { describe, expect, it } from "vitest";
import { liftText } from "../../../test/lift-text.ts";

describe("[x86-lift] LODS", () => {
  it("lodsw", () => {
    expect(liftText("ad", 16)).toMatchInlineSnapshot(`
      "v0 = get.16 si
      v1 = zext.64 v0
      v2 = load.16 ds:v1
      set.16 ax v2
      v4 = getFlag df
      v5 = const.16 0xfffe
      v6 = const.16 0x2
      v7 = select.16 v4 v5 v6
      v8 = add.16 v0 v7
      set.16 si v8
      next"
    `);
  });
  it("rep lodsb", () => {
    expect(liftText("f3 ac")).toMatchInlineSnapshot(`
      "v0 = helper.1 repLods lo=0x4001 hi=0x3
      repeatIf v0"
    `);
  });
});
