import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] XOR", () => {
  it("xor edi, edi", () => {
    expect(liftText("31 ff")).toMatchInlineSnapshot(`
      "v0 = get.32 edi
      v1 = get.32 edi
      v2 = xor.32 v0 v1
      set.32 edi v2
      flags.32 logic _ _ v2
      next"
    `);
  });
});
