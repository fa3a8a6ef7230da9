import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] BSWAP", () => {
  it("bswap rcx", () => {
    expect(liftText("48 0f c9")).toMatchInlineSnapshot(`
      "v0 = get.64 rcx
      v1 = bswap.64 v0
      set.64 rcx v1
      next"
    `);
  });
  it("bswap cx gives zero", () => {
    expect(liftText("66 0f c9")).toMatchInlineSnapshot(`
      "v0 = get.16 cx
      v1 = const.16 0x0
      set.16 cx v1
      next"
    `);
  });
});
