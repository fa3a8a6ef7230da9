import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] CPUID, RDMSR, WRMSR, RDPMC", () => {
  it("cpuid", () => {
    expect(liftText("0f a2")).toMatchInlineSnapshot(`"exit cpuid"`);
  });
  it("rdmsr", () => {
    expect(liftText("0f 32")).toMatchInlineSnapshot(`"exit rdmsr"`);
  });
  it("rdpmc at ring 3 with CR4.PCE", () => {
    expect(liftText("0f 33", liftMode(64, { cpl: 3, cr4: { pce: true } }))).toMatchInlineSnapshot(`"exit rdpmc"`);
  });

  it.each([
    ["wrmsr at ring 3", "0f 30", liftMode(64, { cpl: 3 }), "raise #GP(0)"],
    ["rdpmc at ring 3", "0f 33", liftMode(64, { cpl: 3 }), "raise #GP(0)"],
  ] as const)("%s", (_, bytes, mode, expected) => {
    expect(liftText(bytes, mode)).toBe(expected);
  });
});
