import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] POPF", () => {
  it("popfq at ring 0", () => {
    expect(liftText("9d")).toMatchInlineSnapshot(`
      "v0 = get.64 rsp
      v1 = load.64 ss:v0
      v2 = ea.64 v0 + 0x8
      set.64 rsp v2
      v4 = const.64 0xfffffffffffeffff
      v5 = and.64 v1 v4
      helper writeRflags v5 lo=0x257fd5
      nextFresh"
    `);
  });
  it("popf at ring 3: neither IOPL nor IF", () => {
    expect(liftText("9d", liftMode(64, { cpl: 3 }))).toMatchInlineSnapshot(`
      "v0 = get.64 rsp
      v1 = load.64 ss:v0
      v2 = ea.64 v0 + 0x8
      set.64 rsp v2
      v4 = const.64 0xfffffffffffeffff
      v5 = and.64 v1 v4
      helper writeRflags v5 lo=0x254dd5
      nextFresh"
    `);
  });
  it("popf at ring 3 with IOPL 3: IF", () => {
    expect(liftText("66 9d", liftMode(64, { cpl: 3, iopl: 3 }))).toMatchInlineSnapshot(`
      "v0 = get.64 rsp
      v1 = load.16 ss:v0
      v2 = zext.64 v1
      v3 = ea.64 v0 + 0x2
      set.64 rsp v3
      helper writeRflags v2 lo=0x4fd5
      nextFresh"
    `);
  });
  it("popf in VM86 mode with VME", () => {
    expect(
      liftText("9d", liftMode(16, { protectedMode: true, virtual8086: true, cpl: 3, cr4: { vme: true } })),
    ).toMatchInlineSnapshot(`
      "v0 = get.16 sp
      v1 = ea.16 v0
      v2 = load.16 ss:v1
      v3 = zext.64 v2
      v4 = ea.16 v0 + 0x2
      v5 = getRflags
      v6 = const.64 0x100000
      v7 = and.64 v5 v6
      v8 = const.64 0x0
      v9 = ne.1 v7 v8
      v10 = const.64 0x200
      v11 = and.64 v3 v10
      v12 = const.64 0x0
      v13 = ne.1 v11 v12
      v14 = and.1 v9 v13
      v15 = const.64 0x100
      v16 = and.64 v3 v15
      v17 = const.64 0x0
      v18 = ne.1 v16 v17
      v19 = or.1 v18 v14
      raiseIf v19 #GP(0)
      v21 = const.64 0x200
      v22 = and.64 v3 v21
      v23 = const.8 0xa
      v24 = shl.64 v22 v23
      v25 = trunc.16 v4
      set.16 sp v25
      v27 = const.64 0xfffffffffff7ffff
      v28 = and.64 v3 v27
      v29 = or.64 v28 v24
      helper writeRflags v29 lo=0x84dd5
      nextFresh"
    `);
  });

  it.each([
    ["popf in VM86 mode", "9d", liftMode(16, { protectedMode: true, virtual8086: true, cpl: 3 }), "raise #GP(0)"],
  ] as const)("%s", (_, bytes, mode, expected) => {
    expect(liftText(bytes, mode)).toBe(expected);
  });
});
