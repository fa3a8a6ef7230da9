import { describe, expect, it } from "vitest";
import { liftText } from "../../../test/lift-text.ts";

describe("[x86-lift] MOVS", () => {
  it("movsb", () => {
    expect(liftText("a4")).toMatchInlineSnapshot(`
      "v0 = get.64 rsi
      v1 = get.64 rdi
      v2 = load.8 ds:v0
      store.8 es:v1 v2
      v4 = getFlag df
      v5 = const.64 0xffffffffffffffff
      v6 = const.64 0x1
      v7 = select.64 v4 v5 v6
      v8 = add.64 v0 v7
      set.64 rsi v8
      v10 = getFlag df
      v11 = const.64 0xffffffffffffffff
      v12 = const.64 0x1
      v13 = select.64 v10 v11 v12
      v14 = add.64 v1 v13
      set.64 rdi v14
      next"
    `);
  });
  it("fs movsd with 32-bit addresses", () => {
    expect(liftText("67 64 a5")).toMatchInlineSnapshot(`
      "v0 = get.32 esi
      v1 = zext.64 v0
      v2 = get.32 edi
      v3 = zext.64 v2
      v4 = load.32 fs:v1
      store.32 es:v3 v4
      v6 = getFlag df
      v7 = const.32 0xfffffffc
      v8 = const.32 0x4
      v9 = select.32 v6 v7 v8
      v10 = add.32 v0 v9
      set.32 esi v10
      v12 = getFlag df
      v13 = const.32 0xfffffffc
      v14 = const.32 0x4
      v15 = select.32 v12 v13 v14
      v16 = add.32 v2 v15
      set.32 edi v16
      next"
    `);
  });
  it("rep movsq", () => {
    expect(liftText("f3 48 a5")).toMatchInlineSnapshot(`
      "v0 = helper.1 repMovs lo=0x4008 hi=0x3
      repeatIf v0"
    `);
  });
  it("repne movsw repeats as well", () => {
    expect(liftText("f2 a5", 16)).toMatchInlineSnapshot(`
      "v0 = helper.1 repMovs lo=0x11002 hi=0x3
      repeatIf v0"
    `);
  });
});
