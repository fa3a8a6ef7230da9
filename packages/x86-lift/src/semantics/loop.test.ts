import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] LOOP, JCXZ", () => {
  it("loop -2", () => {
    expect(liftText("e2 fe")).toMatchInlineSnapshot(`
      "v0 = get.64 rcx
      v1 = const.64 0x1
      v2 = sub.64 v0 v1
      v3 = const.64 0x0
      v4 = ne.1 v2 v3
      set.64 rcx v2
      branch v4 0x1000"
    `);
  });
  it("a16 loopne in 32-bit code counts CX", () => {
    expect(liftText("67 e0 fe", 32)).toMatchInlineSnapshot(`
      "v0 = get.16 cx
      v1 = const.16 0x1
      v2 = sub.16 v0 v1
      v3 = const.16 0x0
      v4 = ne.1 v2 v3
      v5 = getFlag zf
      v6 = not.1 v5
      v7 = and.1 v4 v6
      set.16 cx v2
      branch v7 0x1001"
    `);
  });
  it("jecxz", () => {
    expect(liftText("67 e3 00")).toMatchInlineSnapshot(`
      "v0 = get.32 ecx
      v1 = const.32 0x0
      v2 = eq.1 v0 v1
      branch v2 0x1003"
    `);
  });
});
