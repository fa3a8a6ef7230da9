import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] SHL, SHR, SAR", () => {
  it("shl eax, 33 shifts by 1", () => {
    expect(liftText("c1 e0 21")).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = const.8 0x1
      v2 = shl.32 v0 v1
      set.32 eax v2
      flags.32 shl v0 v1 v2
      next"
    `);
  });
  it("sar rax, cl", () => {
    expect(liftText("48 d3 f8")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      v1 = get.8 cl
      v2 = const.8 0x3f
      v3 = and.8 v1 v2
      v4 = sar.64 v0 v3
      set.64 rax v4
      flags.64 sar v0 v3 v4
      next"
    `);
  });
  it("sal (the second encoding) is shl", () => {
    expect(liftText("d0 f1")).toMatchInlineSnapshot(`
      "v0 = get.8 cl
      v1 = const.8 0x1
      v2 = shl.8 v0 v1
      set.8 cl v2
      flags.8 shl v0 v1 v2
      next"
    `);
  });
  it("shr dword [rdi], 1", () => {
    expect(liftText("d1 2f")).toMatchInlineSnapshot(`
      "v0 = get.64 rdi
      v1 = load.32 ds:v0 write
      v2 = const.8 0x1
      v3 = shr.32 v1 v2
      store.32 ds:v0 v3
      flags.32 shr v1 v2 v3
      next"
    `);
  });
});
