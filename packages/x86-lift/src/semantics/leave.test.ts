import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] LEAVE", () => {
  it("leave", () => {
    expect(liftText("c9")).toMatchInlineSnapshot(`
      "v0 = get.64 rbp
      v1 = load.64 ss:v0
      v2 = ea.64 v0 + 0x8
      set.64 rsp v2
      set.64 rbp v1
      next"
    `);
  });
  it("leave with a 16-bit stack in 32-bit code", () => {
    expect(liftText("c9", liftMode(32, { stackBits: 16 }))).toMatchInlineSnapshot(`
      "v0 = get.16 bp
      v1 = ea.16 v0
      v2 = load.32 ss:v1
      v3 = ea.16 v0 + 0x4
      v4 = trunc.16 v3
      set.16 sp v4
      set.32 ebp v2
      next"
    `);
  });
});
