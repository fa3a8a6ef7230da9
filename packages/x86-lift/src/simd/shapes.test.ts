import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] operand patterns of vector and x87 instructions", () => {
  it("paddb xmm1, [rax]: an aligned load", () => {
    expect(liftText("66 0f fc 08")).toMatchInlineSnapshot();
  });
  it("movups xmm1, [rax]: no alignment", () => {
    expect(liftText("0f 10 08")).toMatchInlineSnapshot();
  });
  it("pandn xmm0, xmm1: operands swap", () => {
    expect(liftText("66 0f df c1")).toMatchInlineSnapshot();
  });
  it("paddw mm0, [rax]: #MF, then the load, then the x87 state", () => {
    expect(liftText("0f fd 00")).toMatchInlineSnapshot();
  });
  it("packsswb mm0, mm1: both operands joined", () => {
    expect(liftText("0f 63 c1")).toMatchInlineSnapshot();
  });
  it("pslld xmm2, 40: everything is shifted out", () => {
    expect(liftText("66 0f 72 f2 28")).toMatchInlineSnapshot();
  });
  it("psrad xmm2, 40: the sign is all that is left", () => {
    expect(liftText("66 0f 72 e2 28")).toMatchInlineSnapshot();
  });
  it("addsd xmm1, [rax]: unaligned, the high half stays", () => {
    expect(liftText("f2 0f 58 08")).toMatchInlineSnapshot();
  });
  it("movsd xmm1, [rax] clears the high half, movsd xmm1, xmm2 keeps it", () => {
    expect(liftText("f2 0f 10 08")).toMatchInlineSnapshot();
    expect(liftText("f2 0f 10 ca")).toMatchInlineSnapshot();
  });
  it("ucomisd xmm0, xmm1: all six flags", () => {
    expect(liftText("66 0f 2e c1")).toMatchInlineSnapshot();
  });
  it("ldmxcsr [rax]: reserved bits", () => {
    expect(liftText("0f ae 10")).toMatchInlineSnapshot();
  });
  it("pcmpistri xmm0, xmm1, 0x1a", () => {
    expect(liftText("66 0f 3a 63 c1 1a")).toMatchInlineSnapshot();
  });
  it("fld tbyte [rax]: two loads", () => {
    expect(liftText("db 28")).toMatchInlineSnapshot();
  });
  it("fsubrp st(2), st", () => {
    expect(liftText("de e2")).toMatchInlineSnapshot();
  });
  it("fcompp compares st(0) with st(1) and pops twice", () => {
    expect(liftText("de d9")).toMatchInlineSnapshot();
  });
  it("fistp qword [rax]: the helper stores", () => {
    expect(liftText("df 38")).toMatchInlineSnapshot();
  });
  it("a mnemonic without operands in memory leaves nothing to the next instruction", () => {
    expect(liftText("d9 fa")).toMatchInlineSnapshot();
  });
});
