import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] PUSHA, POPA", () => {
  it("pusha", () => {
    expect(liftText("60", 16)).toMatchInlineSnapshot(`
      "v0 = get.16 sp
      v1 = ea.16 v0 - 0x2
      v2 = get.16 ax
      store.16 ss:v1 v2
      v4 = ea.16 v0 - 0x4
      v5 = get.16 cx
      store.16 ss:v4 v5
      v7 = ea.16 v0 - 0x6
      v8 = get.16 dx
      store.16 ss:v7 v8
      v10 = ea.16 v0 - 0x8
      v11 = get.16 bx
      store.16 ss:v10 v11
      v13 = ea.16 v0 - 0xa
      v14 = get.16 sp
      store.16 ss:v13 v14
      v16 = ea.16 v0 - 0xc
      v17 = get.16 bp
      store.16 ss:v16 v17
      v19 = ea.16 v0 - 0xe
      v20 = get.16 si
      store.16 ss:v19 v20
      v22 = ea.16 v0 - 0x10
      v23 = get.16 di
      store.16 ss:v22 v23
      v25 = ea.16 v0 - 0x10
      v26 = trunc.16 v25
      set.16 sp v26
      next"
    `);
  });
  it("popad: ESP is not loaded", () => {
    expect(liftText("61", 32)).toMatchInlineSnapshot(`
      "v0 = get.32 esp
      v1 = ea.32 v0 + 0x1c
      v2 = load.32 ss:v1
      v3 = ea.32 v0 + 0x18
      v4 = load.32 ss:v3
      v5 = ea.32 v0 + 0x14
      v6 = load.32 ss:v5
      v7 = ea.32 v0 + 0x10
      v8 = load.32 ss:v7
      v9 = ea.32 v0 + 0xc
      v10 = load.32 ss:v9
      v11 = ea.32 v0 + 0x8
      v12 = load.32 ss:v11
      v13 = ea.32 v0 + 0x4
      v14 = load.32 ss:v13
      v15 = ea.32 v0
      v16 = load.32 ss:v15
      set.32 eax v2
      set.32 ecx v4
      set.32 edx v6
      set.32 ebx v8
      set.32 ebp v12
      set.32 esi v14
      set.32 edi v16
      v24 = ea.32 v0 + 0x20
      set.64 rsp v24
      next"
    `);
  });
});
