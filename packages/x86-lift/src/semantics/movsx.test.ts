import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] MOVSX, MOVSXD", () => {
  it("movsx ax, cl", () => {
    expect(liftText("66 0f be c1")).toMatchInlineSnapshot(`
      "v0 = get.8 cl
      v1 = sext.16 v0
      set.16 ax v1
      next"
    `);
  });
  it("movsxd rax, dword [rdi]", () => {
    expect(liftText("48 63 07")).toMatchInlineSnapshot(`
      "v0 = get.64 rdi
      v1 = load.32 ds:v0
      v2 = sext.64 v1
      set.64 rax v2
      next"
    `);
  });
});
