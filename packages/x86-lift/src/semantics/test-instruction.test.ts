import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] TEST", () => {
  it("test rax, rax", () => {
    expect(liftText("48 85 c0")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      v1 = get.64 rax
      v2 = and.64 v0 v1
      flags.64 logic _ _ v2
      next"
    `);
  });
});
