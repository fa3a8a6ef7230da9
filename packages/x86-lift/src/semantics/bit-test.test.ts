import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] BT, BTS, BTR, BTC", () => {
  it("bt eax, ecx", () => {
    expect(liftText("0f a3 c8")).toMatchInlineSnapshot(`
      "v0 = get.32 ecx
      v1 = get.32 eax
      v2 = trunc.8 v0
      v3 = const.8 0x1f
      v4 = and.8 v2 v3
      v5 = shr.32 v1 v4
      v6 = trunc.1 v5
      setFlag cf v6
      next"
    `);
  });
  it("bts [rdi], rcx reaches the bit string around its operand", () => {
    expect(liftText("48 0f ab 0f")).toMatchInlineSnapshot(`
      "v0 = get.64 rcx
      v1 = get.64 rdi
      v2 = const.8 0x6
      v3 = sar.64 v0 v2
      v4 = ea.64 v1 + v3*8
      v5 = load.64 ds:v4 write
      v6 = trunc.8 v0
      v7 = const.8 0x3f
      v8 = and.8 v6 v7
      v9 = shr.64 v5 v8
      v10 = trunc.1 v9
      v11 = const.64 0x1
      v12 = shl.64 v11 v8
      v13 = or.64 v5 v12
      store.64 ds:v4 v13
      setFlag cf v10
      next"
    `);
  });
  it("btr word [rdi], 17 stays in its operand", () => {
    expect(liftText("66 0f ba 37 11")).toMatchInlineSnapshot(`
      "v0 = const.16 0x11
      v1 = get.64 rdi
      v2 = load.16 ds:v1 write
      v3 = trunc.8 v0
      v4 = const.8 0xf
      v5 = and.8 v3 v4
      v6 = shr.16 v2 v5
      v7 = trunc.1 v6
      v8 = const.16 0x1
      v9 = shl.16 v8 v5
      v10 = not.16 v9
      v11 = and.16 v2 v10
      store.16 ds:v1 v11
      setFlag cf v7
      next"
    `);
  });
  it("btc ecx, eax", () => {
    expect(liftText("0f bb c1")).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = get.32 ecx
      v2 = trunc.8 v0
      v3 = const.8 0x1f
      v4 = and.8 v2 v3
      v5 = shr.32 v1 v4
      v6 = trunc.1 v5
      v7 = const.32 0x1
      v8 = shl.32 v7 v4
      v9 = xor.32 v1 v8
      set.32 ecx v9
      setFlag cf v6
      next"
    `);
  });
});
