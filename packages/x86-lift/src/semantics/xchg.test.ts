import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] XCHG", () => {
  it("xchg [rdx], al", () => {
    expect(liftText("86 02")).toMatchInlineSnapshot(`
      "v0 = get.64 rdx
      v1 = load.8 ds:v0 write
      v2 = get.8 al
      store.8 ds:v0 v2
      set.8 al v1
      next"
    `);
  });
  it("xchg eax, ecx", () => {
    expect(liftText("91", 32)).toMatchInlineSnapshot(`
      "v0 = get.32 ecx
      v1 = get.32 eax
      set.32 ecx v1
      set.32 eax v0
      next"
    `);
  });
});
