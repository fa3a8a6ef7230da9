import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] ADC", () => {
  it("adc eax, ecx", () => {
    expect(liftText("11 c8")).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = get.32 ecx
      v2 = add.32 v0 v1
      v3 = getFlag cf
      v4 = zext.32 v3
      v5 = add.32 v2 v4
      set.32 eax v5
      flags.32 add v0 v1 v5
      next"
    `);
  });
});
