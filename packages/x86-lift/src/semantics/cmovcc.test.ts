import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] CMOVcc", () => {
  it("cmovs eax, [rdi] reads in any case", () => {
    expect(liftText("0f 48 07")).toMatchInlineSnapshot(`
      "v0 = get.64 rdi
      v1 = load.32 ds:v0
      v2 = cond s
      v3 = get.32 eax
      v4 = select.32 v2 v1 v3
      set.32 eax v4
      next"
    `);
  });
});
