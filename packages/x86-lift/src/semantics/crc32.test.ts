import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] CRC32", () => {
  it("crc32 ecx, al", () => {
    expect(liftText("f2 0f 38 f0 c8")).toMatchInlineSnapshot(`
      "v0 = get.8 al
      v1 = get.32 ecx
      v2 = zext.64 v0
      v3 = helper.32 crc32c v1 v2 lo=0x1
      set.32 ecx v3
      next"
    `);
  });
  it("crc32 rcx, rax", () => {
    expect(liftText("f2 48 0f 38 f1 c8")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      v1 = get.32 ecx
      v2 = helper.32 crc32c v1 v0 lo=0x8
      v3 = zext.64 v2
      set.64 rcx v3
      next"
    `);
  });
});
