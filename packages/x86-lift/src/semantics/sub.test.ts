import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] SUB", () => {
  it("sub rsp, 0x20", () => {
    expect(liftText("48 83 ec 20")).toMatchInlineSnapshot(`
      "v0 = get.64 rsp
      v1 = const.64 0x20
      v2 = sub.64 v0 v1
      set.64 rsp v2
      flags.64 sub v0 v1 v2
      next"
    `);
  });
});
