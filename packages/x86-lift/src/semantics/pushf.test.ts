import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] PUSHF", () => {
  it("pushfq", () => {
    expect(liftText("9c")).toMatchInlineSnapshot(`
      "v0 = getRflags
      v1 = const.64 0xfcffff
      v2 = and.64 v0 v1
      v3 = get.64 rsp
      v4 = ea.64 v3 - 0x8
      store.64 ss:v4 v2
      set.64 rsp v4
      next"
    `);
  });
  it("pushf", () => {
    expect(liftText("9c", 16)).toMatchInlineSnapshot(`
      "v0 = getRflags
      v1 = trunc.16 v0
      v2 = get.16 sp
      v3 = ea.16 v2 - 0x2
      store.16 ss:v3 v1
      v5 = trunc.16 v3
      set.16 sp v5
      next"
    `);
  });
  it("pushf in VM86 mode with VME", () => {
    expect(
      liftText("9c", liftMode(16, { protectedMode: true, virtual8086: true, cpl: 3, cr4: { vme: true } })),
    ).toMatchInlineSnapshot(`
      "v0 = getRflags
      v1 = const.64 0xffffffffffffcdff
      v2 = and.64 v0 v1
      v3 = const.8 0xa
      v4 = shr.64 v0 v3
      v5 = const.64 0x200
      v6 = and.64 v4 v5
      v7 = or.64 v2 v6
      v8 = const.64 0x3000
      v9 = or.64 v7 v8
      v10 = trunc.16 v9
      v11 = get.16 sp
      v12 = ea.16 v11 - 0x2
      store.16 ss:v12 v10
      v14 = trunc.16 v12
      set.16 sp v14
      next"
    `);
  });

  it.each([
    ["pushf in VM86 mode", "9c", liftMode(16, { protectedMode: true, virtual8086: true, cpl: 3 }), "raise #GP(0)"],
    [
      "pushfd in VM86 mode with VME",
      "66 9c",
      liftMode(16, { protectedMode: true, virtual8086: true, cpl: 3, cr4: { vme: true } }),
      "raise #GP(0)",
    ],
  ] as const)("%s", (_, bytes, mode, expected) => {
    expect(liftText(bytes, mode)).toBe(expected);
  });
});
