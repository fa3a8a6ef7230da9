import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] SMSW, LMSW, CLTS", () => {
  it("smsw eax", () => {
    expect(liftText("0f 01 e0", 32)).toMatchInlineSnapshot(`
      "v0 = helper.64 readCr
      v1 = trunc.32 v0
      set.32 eax v1
      next"
    `);
  });
  it("smsw [eax]", () => {
    expect(liftText("0f 01 20", 32)).toMatchInlineSnapshot(`
      "v0 = helper.64 readCr
      v1 = trunc.16 v0
      v2 = get.32 eax
      v3 = ea.32 v2
      store.16 ds:v3 v1
      next"
    `);
  });
  it("lmsw ax", () => {
    expect(liftText("0f 01 f0", 16)).toMatchInlineSnapshot(`
      "v0 = get.16 ax
      helper loadMsw v0
      nextFresh"
    `);
  });
  it("clts", () => {
    expect(liftText("0f 06")).toMatchInlineSnapshot(`
      "helper clearTaskSwitched
      nextFresh"
    `);
  });

  it.each([
    ["clts at ring 3", "0f 06", liftMode(64, { cpl: 3 }), "raise #GP(0)"],
    ["smsw at ring 3 with UMIP", "0f 01 e0", liftMode(64, { cpl: 3, cr4: { umip: true } }), "raise #GP(0)"],
  ] as const)("%s", (_, bytes, mode, expected) => {
    expect(liftText(bytes, mode)).toBe(expected);
  });
});
