import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] INVD … INVPCID", () => {
  it("wbinvd", () => {
    expect(liftText("0f 09")).toMatchInlineSnapshot(`"exit wbinvd"`);
  });
  it("invlpg gs:[rax]", () => {
    expect(liftText("65 0f 01 38")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      helper invalidatePage v0 lo=0x5
      nextFresh"
    `);
  });
  it("invpcid rax, [rdx]", () => {
    expect(liftText("66 0f 38 82 02")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      v1 = get.64 rdx
      helper invalidatePcid v0 v1 lo=0x3
      nextFresh"
    `);
  });

  it.each([["invd at ring 3", "0f 08", liftMode(64, { cpl: 3 }), "raise #GP(0)"]] as const)(
    "%s",
    (_, bytes, mode, expected) => {
      expect(liftText(bytes, mode)).toBe(expected);
    },
  );
});
