import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] BMI1, BMI2", () => {
  it("andn eax, ebx, ecx", () => {
    expect(liftText("c4 e2 60 f2 c1")).toMatchInlineSnapshot(`
      "v0 = get.32 ebx
      v1 = not.32 v0
      v2 = get.32 ecx
      v3 = and.32 v1 v2
      set.32 eax v3
      flags.32 logic _ _ v3
      next"
    `);
  });
  it("blsi eax, ecx", () => {
    expect(liftText("c4 e2 78 f3 d9")).toMatchInlineSnapshot(`
      "v0 = get.32 ecx
      v1 = neg.32 v0
      v2 = and.32 v1 v0
      v3 = const.32 0x0
      v4 = ne.1 v0 v3
      set.32 eax v2
      flags.32 logic _ _ v2
      setFlag cf v4
      next"
    `);
  });
  it("bextr eax, ecx, ebx", () => {
    expect(liftText("c4 e2 60 f7 c1")).toMatchInlineSnapshot(`
      "v0 = get.32 ecx
      v1 = get.32 ebx
      v2 = trunc.8 v1
      v3 = const.8 0x8
      v4 = shr.32 v1 v3
      v5 = trunc.8 v4
      v6 = const.32 0x1
      v7 = shl.32 v6 v5
      v8 = const.32 0x1
      v9 = sub.32 v7 v8
      v10 = shr.32 v0 v2
      v11 = and.32 v10 v9
      set.32 eax v11
      flags.32 logic _ _ v11
      next"
    `);
  });
  it("bzhi eax, ecx, ebx", () => {
    expect(liftText("c4 e2 60 f5 c1")).toMatchInlineSnapshot(`
      "v0 = get.32 ecx
      v1 = get.8 bl
      v2 = const.32 0x1
      v3 = shl.32 v2 v1
      v4 = const.32 0x1
      v5 = sub.32 v3 v4
      v6 = and.32 v0 v5
      v7 = const.8 0x1f
      v8 = ltU.1 v7 v1
      set.32 eax v6
      flags.32 logic _ _ v6
      setFlag cf v8
      next"
    `);
  });
  it("mulx eax, ebx, ecx", () => {
    expect(liftText("c4 e2 63 f6 c1")).toMatchInlineSnapshot(`
      "v0 = get.32 ecx
      v1 = get.32 edx
      v2 = mul.32 v1 v0
      v3 = mulHighU.32 v1 v0
      set.32 ebx v2
      set.32 eax v3
      next"
    `);
  });
  it("pext rax, rbx, rcx", () => {
    expect(liftText("c4 e2 e2 f5 c1")).toMatchInlineSnapshot(`
      "v0 = get.64 rbx
      v1 = get.64 rcx
      v2 = helper.64 pext v0 v1
      set.64 rax v2
      next"
    `);
  });
  it("rorx eax, ecx, 7", () => {
    expect(liftText("c4 e3 7b f0 c1 07")).toMatchInlineSnapshot(`
      "v0 = get.32 ecx
      v1 = const.8 0x7
      v2 = rotr.32 v0 v1
      set.32 eax v2
      next"
    `);
  });
  it("sarx eax, ecx, ebx", () => {
    expect(liftText("c4 e2 62 f7 c1")).toMatchInlineSnapshot(`
      "v0 = get.32 ecx
      v1 = get.8 bl
      v2 = const.8 0x1f
      v3 = and.8 v1 v2
      v4 = sar.32 v0 v3
      set.32 eax v4
      next"
    `);
  });
});
