import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] RET", () => {
  it("ret", () => {
    expect(liftText("c3")).toMatchInlineSnapshot(`
      "v0 = get.64 rsp
      v1 = load.64 ss:v0
      checkTarget v1
      v3 = ea.64 v0 + 0x8
      set.64 rsp v3
      jumpTo v1"
    `);
  });
  it("ret 8", () => {
    expect(liftText("c2 08 00", 32)).toMatchInlineSnapshot(`
      "v0 = get.32 esp
      v1 = ea.32 v0
      v2 = load.32 ss:v1
      v3 = zext.64 v2
      v4 = ea.32 v0 + 0xc
      set.64 rsp v4
      jumpTo v3"
    `);
  });
  it("retf 4", () => {
    expect(liftText("ca 04 00", 32)).toMatchInlineSnapshot(`
      "helper farReturn lo=0x20 hi=0x4
      dispatch"
    `);
  });
});
