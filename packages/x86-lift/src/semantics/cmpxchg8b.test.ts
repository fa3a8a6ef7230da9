import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] CMPXCHG8B, CMPXCHG16B", () => {
  it("cmpxchg8b [rdi]", () => {
    expect(liftText("0f c7 0f")).toMatchInlineSnapshot(`
      "v0 = get.64 rdi
      v1 = load.64 ds:v0 write
      v2 = const.8 0x20
      v3 = get.64 rdx
      v4 = shl.64 v3 v2
      v5 = get.32 eax
      v6 = zext.64 v5
      v7 = or.64 v4 v6
      v8 = eq.1 v7 v1
      v9 = get.64 rcx
      v10 = shl.64 v9 v2
      v11 = get.32 ebx
      v12 = zext.64 v11
      v13 = or.64 v10 v12
      v14 = select.64 v8 v13 v1
      store.64 ds:v0 v14
      v16 = shr.64 v1 v2
      v17 = get.64 rdx
      v18 = select.64 v8 v17 v16
      v19 = trunc.32 v1
      v20 = zext.64 v19
      v21 = get.64 rax
      v22 = select.64 v8 v21 v20
      set.64 rax v22
      set.64 rdx v18
      setFlag zf v8
      next"
    `);
  });
  it("lock cmpxchg16b [rdi] must be aligned", () => {
    expect(liftText("f0 48 0f c7 0f")).toMatchInlineSnapshot(`
      "v0 = get.64 rdi
      v1 = load.128 ds:v0 write,aligned
      v2 = get.64 rdi
      v3 = ea.64 v2 + 0x8
      v4 = load.64 ds:v0 write
      v5 = load.64 ds:v3 write
      v6 = get.64 rax
      v7 = get.64 rdx
      v8 = eq.1 v6 v4
      v9 = eq.1 v7 v5
      v10 = and.1 v8 v9
      v11 = get.64 rbx
      v12 = select.64 v10 v11 v4
      store.64 ds:v0 v12
      v14 = get.64 rcx
      v15 = select.64 v10 v14 v5
      store.64 ds:v3 v15
      v17 = select.64 v10 v6 v4
      set.64 rax v17
      v19 = select.64 v10 v7 v5
      set.64 rdx v19
      setFlag zf v10
      next"
    `);
  });
});
