import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] XADD", () => {
  it("lock xadd [rdx], eax: memory before the register", () => {
    expect(liftText("f0 0f c1 02")).toMatchInlineSnapshot(`
      "v0 = get.64 rdx
      v1 = load.32 ds:v0 write
      v2 = get.32 eax
      v3 = add.32 v1 v2
      store.32 ds:v0 v3
      set.32 eax v1
      flags.32 add v1 v2 v3
      next"
    `);
  });
  it("xadd eax, eax leaves the sum", () => {
    expect(liftText("0f c1 c0")).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = get.32 eax
      v2 = add.32 v0 v1
      set.32 eax v0
      set.32 eax v2
      flags.32 add v0 v1 v2
      next"
    `);
  });
});
