import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] ADCX, ADOX", () => {
  it("adcx eax, ecx", () => {
    expect(liftText("66 0f 38 f6 c1")).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = get.32 ecx
      v2 = add.32 v0 v1
      v3 = getFlag cf
      v4 = zext.32 v3
      v5 = add.32 v2 v4
      set.32 eax v5
      v7 = ltU.1 v2 v0
      v8 = ltU.1 v5 v2
      v9 = or.1 v7 v8
      setFlag cf v9
      next"
    `);
  });
  it("adox rax, rcx", () => {
    expect(liftText("f3 48 0f 38 f6 c1")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      v1 = get.64 rcx
      v2 = add.64 v0 v1
      v3 = getFlag of
      v4 = zext.64 v3
      v5 = add.64 v2 v4
      set.64 rax v5
      v7 = ltU.1 v2 v0
      v8 = ltU.1 v5 v2
      v9 = or.1 v7 v8
      setFlag of v9
      next"
    `);
  });
});
