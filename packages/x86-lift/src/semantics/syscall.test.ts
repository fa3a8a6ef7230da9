import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] SYSCALL … SYSEXIT", () => {
  it("syscall", () => {
    expect(liftText("0f 05")).toMatchInlineSnapshot(`
      "helper syscall
      dispatch"
    `);
  });
  it("sysretq", () => {
    expect(liftText("48 0f 07")).toMatchInlineSnapshot(`
      "helper sysret lo=0x40
      dispatch"
    `);
  });
  it("sysenter", () => {
    expect(liftText("0f 34", 32)).toMatchInlineSnapshot(`
      "helper sysenter
      dispatch"
    `);
  });
  it("sysexit", () => {
    expect(liftText("0f 35", 32)).toMatchInlineSnapshot(`
      "helper sysexit lo=0x20
      dispatch"
    `);
  });

  it.each([
    ["syscall without EFER.SCE", "0f 05", liftMode(64, { sce: false }), "raise #UD"],
    ["sysret outside ring 0", "0f 07", liftMode(64, { cpl: 3 }), "raise #GP(0)"],
    ["sysexit in real mode", "0f 35", 16, "raise #GP(0)"],
  ] as const)("%s", (_, bytes, mode, expected) => {
    expect(liftText(bytes, mode)).toBe(expected);
  });
});
