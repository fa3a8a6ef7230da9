import { describe, expect, it } from "vitest";
import { liftText } from "../test/lift-text.ts";

/** The last two bytes of the lower canonical half. */
const edge = 0x7fff_ffff_fff0n;

describe("[x86-lift] direct near targets", () => {
  it("jmp into the canonical hole is #GP(0) at the jump", () => {
    expect(liftText("eb 10", 64, edge)).toBe("v0 = const.64 0x800000000002\ncheckTarget v0\njump 0x800000000002");
  });

  it("jmp to the last canonical byte is not", () => {
    expect(liftText("eb 0d", 64, edge)).toBe("jump 0x7fffffffffff");
  });

  it("call into the hole pushes nothing", () => {
    expect(liftText("e8 00 01 00 00", 64, edge)).toMatch(/^v0 = const.64 0x8000000000f5\ncheckTarget v0\n/);
  });

  it("a conditional jump faults only if it is taken", () => {
    expect(liftText("74 10", 64, edge)).toContain("checkTarget");
  });

  it("a return address carries into the upper half", () => {
    expect(liftText("e8 00 00 00 00", 64, 0xffff_fffen)).toContain("const.64 0x100000003");
  });

  it("a 16-bit return address wraps", () => {
    expect(liftText("e8 00 00", 16, 0xfffen)).toContain("const.16 0x1");
  });
});
