import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] IMUL", () => {
  it("imul cl", () => {
    expect(liftText("f6 e9")).toMatchInlineSnapshot(`
      "v0 = get.8 cl
      v1 = get.8 al
      v2 = sext.16 v1
      v3 = sext.16 v0
      v4 = mul.16 v2 v3
      v5 = trunc.8 v4
      set.16 ax v4
      v7 = sext.16 v5
      v8 = ne.1 v7 v4
      flags.8 mul v8 _ v5
      next"
    `);
  });
  it("imul ecx", () => {
    expect(liftText("f7 e9")).toMatchInlineSnapshot(`
      "v0 = get.32 ecx
      v1 = get.32 eax
      v2 = mul.32 v1 v0
      v3 = mulHighS.32 v1 v0
      set.32 eax v2
      set.32 edx v3
      v6 = const.8 0x1f
      v7 = sar.32 v2 v6
      v8 = ne.1 v3 v7
      flags.32 mul v8 _ v2
      next"
    `);
  });
  it("imul eax, [rdx], -3", () => {
    expect(liftText("6b 02 fd")).toMatchInlineSnapshot(`
      "v0 = get.64 rdx
      v1 = load.32 ds:v0
      v2 = const.32 0xfffffffd
      v3 = mul.32 v1 v2
      v4 = mulHighS.32 v1 v2
      v5 = const.8 0x1f
      v6 = sar.32 v3 v5
      v7 = ne.1 v4 v6
      set.32 eax v3
      flags.32 mul v7 _ v3
      next"
    `);
  });
});
