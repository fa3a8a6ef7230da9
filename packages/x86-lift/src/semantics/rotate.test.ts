import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] ROL, ROR", () => {
  it("rol ax, 8", () => {
    expect(liftText("66 c1 c0 08")).toMatchInlineSnapshot(`
      "v0 = get.16 ax
      v1 = const.8 0x8
      v2 = rotl.16 v0 v1
      set.16 ax v2
      flags.16 rol v0 v1 v2
      next"
    `);
  });
  it("ror eax, cl", () => {
    expect(liftText("d3 c8")).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = get.8 cl
      v2 = const.8 0x1f
      v3 = and.8 v1 v2
      v4 = rotr.32 v0 v3
      set.32 eax v4
      flags.32 ror v0 v3 v4
      next"
    `);
  });
});
