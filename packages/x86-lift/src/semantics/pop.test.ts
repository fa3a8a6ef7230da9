import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] POP", () => {
  it("pop rbp", () => {
    expect(liftText("5d")).toMatchInlineSnapshot(`
      "v0 = get.64 rsp
      v1 = load.64 ss:v0
      v2 = ea.64 v0 + 0x8
      set.64 rsp v2
      set.64 rbp v1
      next"
    `);
  });
  it("pop rsp", () => {
    expect(liftText("5c")).toMatchInlineSnapshot(`
      "v0 = get.64 rsp
      v1 = load.64 ss:v0
      v2 = ea.64 v0 + 0x8
      set.64 rsp v2
      set.64 rsp v1
      next"
    `);
  });
  it("pop dword [esp+4]: esp after the pop", () => {
    expect(liftText("8f 44 24 04", 32)).toMatchInlineSnapshot(`
      "v0 = get.32 esp
      v1 = ea.32 v0
      v2 = load.32 ss:v1
      v3 = ea.32 v0 + 0x4
      v4 = trunc.32 v3
      v5 = ea.32 v4 + 0x4
      store.32 ss:v5 v2
      set.64 rsp v3
      next"
    `);
  });
  it("pop dword [esp] on a 16-bit stack", () => {
    expect(liftText("67 66 8f 04 24", 16)).toMatchInlineSnapshot(`
      "v0 = get.16 sp
      v1 = ea.16 v0
      v2 = load.32 ss:v1
      v3 = ea.16 v0 + 0x4
      v4 = trunc.32 v3
      v5 = get.32 esp
      v6 = const.32 0xffff0000
      v7 = and.32 v5 v6
      v8 = or.32 v7 v4
      v9 = ea.32 v8
      store.32 ss:v9 v2
      v11 = trunc.16 v3
      set.16 sp v11
      next"
    `);
  });
  it("pop ss", () => {
    expect(liftText("17", 32)).toMatchInlineSnapshot(`
      "v0 = get.32 esp
      v1 = ea.32 v0
      v2 = load.32 ss:v1
      v3 = ea.32 v0 + 0x4
      v4 = trunc.16 v2
      helper loadSegment v4 lo=0x2 hi=0x1
      set.64 rsp v3
      nextFresh"
    `);
  });
});
