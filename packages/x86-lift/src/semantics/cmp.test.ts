import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] CMP", () => {
  it("cmp byte [rdi], 0x2f", () => {
    expect(liftText("80 3f 2f")).toMatchInlineSnapshot(`
      "v0 = get.64 rdi
      v1 = load.8 ds:v0
      v2 = const.8 0x2f
      v3 = sub.8 v1 v2
      flags.8 sub v1 v2 v3
      next"
    `);
  });
});
