import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] Jcc", () => {
  it("jne +2", () => {
    expect(liftText("75 02")).toMatchInlineSnapshot(`
      "v0 = cond ne
      branch v0 0x1004"
    `);
  });
  it("jbe with a CS limit: the target is checked if it is taken", () => {
    expect(liftText("76 02", liftMode(32, { codeLimited: true }))).toMatchInlineSnapshot(`
      "v0 = cond be
      v1 = const.64 0x1004
      v2 = const.64 0x0
      v3 = select.64 v0 v1 v2
      checkTarget v3
      branch v0 0x1004"
    `);
  });
  it("o32 jl beyond 64 KiB in 16-bit code", () => {
    expect(liftText("66 0f 8c 00 00 01 00", 16)).toMatchInlineSnapshot(`
      "v0 = cond l
      v1 = const.64 0x11007
      v2 = const.64 0x0
      v3 = select.64 v0 v1 v2
      checkTarget v3
      branch v0 0x11007"
    `);
  });
});
