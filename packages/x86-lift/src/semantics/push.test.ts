import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] PUSH", () => {
  it("push rbp", () => {
    expect(liftText("55")).toMatchInlineSnapshot(`
      "v0 = get.64 rbp
      v1 = get.64 rsp
      v2 = ea.64 v1 - 0x8
      store.64 ss:v2 v0
      set.64 rsp v2
      next"
    `);
  });
  it("push -1", () => {
    expect(liftText("6a ff")).toMatchInlineSnapshot(`
      "v0 = const.64 0xffffffffffffffff
      v1 = get.64 rsp
      v2 = ea.64 v1 - 0x8
      store.64 ss:v2 v0
      set.64 rsp v2
      next"
    `);
  });
  it("push rsp pushes the old value", () => {
    expect(liftText("54")).toMatchInlineSnapshot(`
      "v0 = get.64 rsp
      v1 = get.64 rsp
      v2 = ea.64 v1 - 0x8
      store.64 ss:v2 v0
      set.64 rsp v2
      next"
    `);
  });
  it("push dword [esp+4]", () => {
    expect(liftText("ff 74 24 04", 32)).toMatchInlineSnapshot(`
      "v0 = get.32 esp
      v1 = ea.32 v0 + 0x4
      v2 = load.32 ss:v1
      v3 = get.32 esp
      v4 = ea.32 v3 - 0x4
      store.32 ss:v4 v2
      set.64 rsp v4
      next"
    `);
  });
  it("push fs moves 16 bits", () => {
    expect(liftText("0f a0", 32)).toMatchInlineSnapshot(`
      "v0 = helper.16 readSelector lo=0x4
      v1 = get.32 esp
      v2 = ea.32 v1 - 0x4
      store.16 ss:v2 v0
      set.64 rsp v2
      next"
    `);
  });
  it("push cs", () => {
    expect(liftText("0e", 16)).toMatchInlineSnapshot(`
      "v0 = helper.16 readSelector lo=0x1
      v1 = get.16 sp
      v2 = ea.16 v1 - 0x2
      store.16 ss:v2 v0
      v4 = trunc.16 v2
      set.16 sp v4
      next"
    `);
  });
});
