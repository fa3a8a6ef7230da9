import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] operand patterns of vector and x87 instructions", () => {
  it("paddb xmm1, [rax]: an aligned load", () => {
    expect(liftText("66 0f fc 08")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      v1 = load.128 ds:v0 aligned
      v2 = getXmm.128 xmm1
      v3 = simd.128 i8x16.add v2 v1
      setXmm.128 xmm1 v3
      next"
    `);
  });
  it("movups xmm1, [rax]: no alignment", () => {
    expect(liftText("0f 10 08")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      v1 = load.128 ds:v0
      setXmm.128 xmm1 v1
      next"
    `);
  });
  it("pandn xmm0, xmm1: operands swap", () => {
    expect(liftText("66 0f df c1")).toMatchInlineSnapshot(`
      "v0 = getXmm.128 xmm1
      v1 = getXmm.128 xmm0
      v2 = simd.128 v128.andnot v0 v1
      setXmm.128 xmm0 v2
      next"
    `);
  });
  it("paddw mm0, [rax]: #MF, then the load, then the x87 state", () => {
    expect(liftText("0f fd 00")).toMatchInlineSnapshot(`
      "helper x87Wait
      v1 = get.64 rax
      v2 = load.64 ds:v1
      helper mmxEnter
      v4 = zext.128 v2
      v5 = getMm.64 mm0
      v6 = zext.128 v5
      v7 = simd.128 i16x8.add v6 v4
      v8 = trunc.64 v7
      setMm.64 mm0 v8
      next"
    `);
  });
  it("packsswb mm0, mm1: both operands joined", () => {
    expect(liftText("0f 63 c1")).toMatchInlineSnapshot(`
      "helper mmxEnter
      v1 = getMm.64 mm1
      v2 = zext.128 v1
      v3 = getMm.64 mm0
      v4 = zext.128 v3
      v5 = simd.128 i64x2.unpack_low v4 v2
      v6 = simd.128 i8x16.narrow_i16x8_s v5 v5
      v7 = trunc.64 v6
      setMm.64 mm0 v7
      next"
    `);
  });
  it("pslld xmm2, 40: everything is shifted out", () => {
    expect(liftText("66 0f 72 f2 28")).toMatchInlineSnapshot(`
      "v0 = getXmm.128 xmm2
      v1 = const.64 0x0
      v2 = zext.128 v1
      setXmm.128 xmm2 v2
      next"
    `);
  });
  it("psrad xmm2, 40: the sign is all that is left", () => {
    expect(liftText("66 0f 72 e2 28")).toMatchInlineSnapshot(`
      "v0 = getXmm.128 xmm2
      v1 = simd.128 i32x4.shr_s_imm v0 imm=0x1f
      setXmm.128 xmm2 v1
      next"
    `);
  });
  it("addsd xmm1, [rax]: unaligned, the high half stays", () => {
    expect(liftText("f2 0f 58 08")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      v1 = load.64 ds:v0
      v2 = getXmm.64 xmm1
      v3 = helper.64 addF64 v2 v1
      setXmm.64 xmm1 v3
      next"
    `);
  });
  it("movsd xmm1, [rax] clears the high half, movsd xmm1, xmm2 keeps it", () => {
    expect(liftText("f2 0f 10 08")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      v1 = load.64 ds:v0
      v2 = zext.128 v1
      setXmm.128 xmm1 v2
      next"
    `);
    expect(liftText("f2 0f 10 ca")).toMatchInlineSnapshot(`
      "v0 = getXmm.64 xmm2
      setXmm.64 xmm1 v0
      next"
    `);
  });
  it("ucomisd xmm0, xmm1: all six flags", () => {
    expect(liftText("66 0f 2e c1")).toMatchInlineSnapshot(`
      "v0 = getXmm.64 xmm1
      v1 = getXmm.64 xmm0
      v2 = helper.64 compareF64 v1 v0 lo=0x1
      setRflags v2 mask=0x8d5
      next"
    `);
  });
  it("ldmxcsr [rax]: reserved bits", () => {
    expect(liftText("0f ae 10")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      v1 = load.32 ds:v0
      v2 = const.32 0xffff0000
      v3 = and.32 v1 v2
      v4 = const.32 0x0
      v5 = ne.1 v3 v4
      raiseIf v5 #GP(0)
      setField.32 mxcsr v1
      next"
    `);
  });
  it("pcmpistri xmm0, xmm1, 0x1a", () => {
    expect(liftText("66 0f 3a 63 c1 1a")).toMatchInlineSnapshot(`
      "v0 = getXmm.128 xmm1
      v1 = getXmm.128 xmm0
      v2 = helper.64 compareStrings v1 v0 lo=0x1a hi=0x1
      v3 = const.8 0x10
      v4 = shr.64 v2 v3
      v5 = trunc.32 v4
      v6 = const.32 0xffff
      v7 = and.32 v5 v6
      set.32 ecx v7
      v9 = const.8 0x20
      v10 = shr.64 v2 v9
      setRflags v10 mask=0x8d5
      next"
    `);
  });
  it("fld tbyte [rax]: two loads", () => {
    expect(liftText("db 28")).toMatchInlineSnapshot(`
      "helper x87Wait
      v1 = get.64 rax
      v2 = load.64 ds:v1
      v3 = const.64 0x8
      v4 = add.64 v1 v3
      v5 = load.16 ds:v4
      helper x87LoadF80 v2 v5 v1 hi=0x3
      next"
    `);
  });
  it("fsubrp st(2), st", () => {
    expect(liftText("de e2")).toMatchInlineSnapshot(`
      "helper x87OperateStack lo=0x10205
      next"
    `);
  });
  it("fcompp compares st(0) with st(1) and pops twice", () => {
    expect(liftText("de d9")).toMatchInlineSnapshot(`
      "helper x87OperateStack lo=0x21002
      next"
    `);
  });
  it("fistp qword [rax]: the helper stores", () => {
    expect(liftText("df 38")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      helper x87Store v0 lo=0x105 hi=0x3
      next"
    `);
  });
  it("a mnemonic without operands in memory leaves nothing to the next instruction", () => {
    expect(liftText("d9 fa")).toMatchInlineSnapshot(`
      "helper x87Unary lo=0x1a
      next"
    `);
  });
});
