import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] CMPXCHG", () => {
  it("lock cmpxchg [rdx], ecx keeps the upper half of RAX on success", () => {
    expect(liftText("f0 0f b1 0a")).toMatchInlineSnapshot(`
      "v0 = get.64 rdx
      v1 = load.32 ds:v0 write
      v2 = get.32 ecx
      v3 = get.32 eax
      v4 = sub.32 v3 v1
      v5 = eq.1 v3 v1
      v6 = get.64 rax
      v7 = zext.64 v1
      v8 = select.64 v5 v6 v7
      v9 = select.32 v5 v2 v1
      store.32 ds:v0 v9
      set.64 rax v8
      flags.32 sub v3 v1 v4
      next"
    `);
  });
  it("cmpxchg bl, cl", () => {
    expect(liftText("0f b0 cb")).toMatchInlineSnapshot(`
      "v0 = get.8 bl
      v1 = get.8 cl
      v2 = get.8 al
      v3 = sub.8 v2 v0
      v4 = eq.1 v2 v0
      v5 = select.8 v4 v2 v0
      v6 = select.8 v4 v1 v0
      set.8 al v5
      set.8 bl v6
      flags.8 sub v2 v0 v3
      next"
    `);
  });
});
