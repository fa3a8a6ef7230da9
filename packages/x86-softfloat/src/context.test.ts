import { describe, expect, it } from "vitest";
import {
  closePacked,
  createFloatContext,
  FloatFlag,
  loadControlWord,
  loadMxcsr,
  unmaskedExceptions,
} from "./context.ts";

describe("float context", () => {
  it("takes MXCSR apart", () => {
    const ctx = createFloatContext();
    ctx.flags = 0x3f;
    loadMxcsr(ctx, 0x1f80);
    expect(ctx).toMatchObject({ rounding: 0, masks: 0x3f, daz: false, ftz: false, flags: 0 });
    loadMxcsr(ctx, 0xffff & ~(FloatFlag.UE << 7));
    expect(ctx).toMatchObject({ rounding: 3, masks: 0x2f, daz: true, ftz: true, flags: 0 });
  });

  it("takes the x87 control word apart; the reserved precision works as 64 bits", () => {
    const ctx = createFloatContext();
    const precisions = [0x003f, 0x013f, 0x023f, 0x033f].map((fcw) => {
      loadControlWord(ctx, fcw);
      return ctx.precision;
    });
    expect(precisions).toEqual([24, 64, 53, 64]);
    loadControlWord(ctx, 0x0b3e);
    expect(ctx).toMatchObject({ rounding: 2, masks: 0x3e });
  });

  it("drops the other lanes' rounding flags when a lane stopped before rounding", () => {
    const ctx = createFloatContext();
    loadMxcsr(ctx, 0x1f80 & ~(FloatFlag.ZE << 7));
    ctx.flags = FloatFlag.ZE | FloatFlag.PE;
    expect(closePacked(ctx)).toBe(FloatFlag.ZE);
    expect(ctx.flags).toBe(FloatFlag.ZE);
    ctx.flags = FloatFlag.IE | FloatFlag.PE;
    expect(closePacked(ctx)).toBe(0);
    expect(ctx.flags).toBe(FloatFlag.IE | FloatFlag.PE);
    expect(unmaskedExceptions(ctx)).toBe(0);
  });
});
