import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] MOVNTI", () => {
  it("movnti [rdi], eax", () => {
    expect(liftText("0f c3 07")).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = get.64 rdi
      store.32 ds:v1 v0
      next"
    `);
  });
});
