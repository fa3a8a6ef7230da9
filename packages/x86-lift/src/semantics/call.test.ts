import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] CALL", () => {
  it("call +0", () => {
    expect(liftText("e8 00 00 00 00")).toMatchInlineSnapshot(`
      "v0 = const.64 0x1005
      v1 = get.64 rsp
      v2 = ea.64 v1 - 0x8
      store.64 ss:v2 v0
      set.64 rsp v2
      jump 0x1005"
    `);
  });
  it("call [rax] pushes after the load", () => {
    expect(liftText("ff 10")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      v1 = load.64 ds:v0
      checkTarget v1
      v3 = const.64 0x1002
      v4 = get.64 rsp
      v5 = ea.64 v4 - 0x8
      store.64 ss:v5 v3
      set.64 rsp v5
      jumpTo v1"
    `);
  });
  it("call +0 on a 16-bit stack", () => {
    expect(liftText("e8 00 00 00 00", liftMode(32, { stackBits: 16 }))).toMatchInlineSnapshot(`
      "v0 = const.32 0x1005
      v1 = get.16 sp
      v2 = ea.16 v1 - 0x4
      store.32 ss:v2 v0
      v4 = trunc.16 v2
      set.16 sp v4
      jump 0x1005"
    `);
  });
  it("call far [bx]", () => {
    expect(liftText("ff 1f", 16)).toMatchInlineSnapshot(`
      "v0 = get.16 bx
      v1 = ea.16 v0
      v2 = load.16 ds:v1
      v3 = get.16 bx
      v4 = ea.16 v3 + 0x2
      v5 = load.16 ds:v4
      v6 = zext.64 v2
      helper farCall v5 v6 lo=0x10
      dispatch"
    `);
  });
});
