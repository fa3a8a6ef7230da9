import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] MOVZX", () => {
  it("movzx eax, byte [rdi]", () => {
    expect(liftText("0f b6 07")).toMatchInlineSnapshot(`
      "v0 = get.64 rdi
      v1 = load.8 ds:v0
      v2 = zext.32 v1
      set.32 eax v2
      next"
    `);
  });
});
