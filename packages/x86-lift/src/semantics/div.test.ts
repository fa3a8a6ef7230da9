import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] DIV, IDIV", () => {
  it("div cl", () => {
    expect(liftText("f6 f1")).toMatchInlineSnapshot(`
      "v0 = get.8 cl
      v1 = const.8 0x0
      v2 = eq.1 v0 v1
      raiseIf v2 #DE
      v4 = get.16 ax
      v5 = zext.32 v4
      v6 = zext.32 v0
      v7 = divU.32 v5 v6
      v8 = const.32 0xff
      v9 = ltU.1 v8 v7
      raiseIf v9 #DE
      v11 = trunc.8 v7
      v12 = remU.32 v5 v6
      v13 = trunc.8 v12
      set.8 al v11
      set.8 ah v13
      next"
    `);
  });
  it("div ecx", () => {
    expect(liftText("f7 f1")).toMatchInlineSnapshot(`
      "v0 = get.32 ecx
      v1 = const.32 0x0
      v2 = eq.1 v0 v1
      raiseIf v2 #DE
      v4 = get.32 edx
      v5 = zext.64 v4
      v6 = const.8 0x20
      v7 = shl.64 v5 v6
      v8 = get.32 eax
      v9 = zext.64 v8
      v10 = or.64 v7 v9
      v11 = zext.64 v0
      v12 = divU.64 v10 v11
      v13 = const.64 0xffffffff
      v14 = ltU.1 v13 v12
      raiseIf v14 #DE
      v16 = trunc.32 v12
      v17 = remU.64 v10 v11
      v18 = trunc.32 v17
      set.32 eax v16
      set.32 edx v18
      next"
    `);
  });
  it("idiv ecx excludes the one overflow of the wide division", () => {
    expect(liftText("f7 f9")).toMatchInlineSnapshot(`
      "v0 = get.32 ecx
      v1 = const.32 0x0
      v2 = eq.1 v0 v1
      raiseIf v2 #DE
      v4 = get.32 edx
      v5 = zext.64 v4
      v6 = const.8 0x20
      v7 = shl.64 v5 v6
      v8 = get.32 eax
      v9 = zext.64 v8
      v10 = or.64 v7 v9
      v11 = sext.64 v0
      v12 = const.64 0x8000000000000000
      v13 = eq.1 v10 v12
      v14 = const.64 0xffffffffffffffff
      v15 = eq.1 v11 v14
      v16 = and.1 v13 v15
      raiseIf v16 #DE
      v18 = divS.64 v10 v11
      v19 = trunc.32 v18
      v20 = sext.64 v19
      v21 = ne.1 v20 v18
      raiseIf v21 #DE
      v23 = remS.64 v10 v11
      v24 = trunc.32 v23
      set.32 eax v19
      set.32 edx v24
      next"
    `);
  });
  it("div rcx", () => {
    expect(liftText("48 f7 f1")).toMatchInlineSnapshot(`
      "v0 = get.64 rcx
      helper div128 v0
      next"
    `);
  });
});
