import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] RDTSC, RDTSCP, RDPID", () => {
  it("rdtsc", () => {
    expect(liftText("0f 31")).toMatchInlineSnapshot(`
      "v0 = helper.64 readTsc
      v1 = trunc.32 v0
      set.32 eax v1
      v3 = const.8 0x20
      v4 = shr.64 v0 v3
      v5 = trunc.32 v4
      set.32 edx v5
      next"
    `);
  });
  it("rdtscp", () => {
    expect(liftText("0f 01 f9")).toMatchInlineSnapshot(`
      "v0 = helper.64 readTsc
      v1 = trunc.32 v0
      set.32 eax v1
      v3 = const.8 0x20
      v4 = shr.64 v0 v3
      v5 = trunc.32 v4
      set.32 edx v5
      v7 = getField.32 tscAux
      set.32 ecx v7
      next"
    `);
  });
  it("rdpid rax", () => {
    expect(liftText("f3 0f c7 f8")).toMatchInlineSnapshot(`
      "v0 = getField.32 tscAux
      set.32 eax v0
      next"
    `);
  });

  it.each([
    ["rdtsc at ring 3 with CR4.TSD", "0f 31", liftMode(64, { cpl: 3, cr4: { tsd: true } }), "raise #GP(0)"],
  ] as const)("%s", (_, bytes, mode, expected) => {
    expect(liftText(bytes, mode)).toBe(expected);
  });
});
