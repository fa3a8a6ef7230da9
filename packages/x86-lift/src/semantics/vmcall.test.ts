import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] VMCALL, VMMCALL", () => {
  it("vmcall at ring 3", () => {
    expect(liftText("0f 01 c1", liftMode(64, { cpl: 3 }))).toMatchInlineSnapshot(`"exit vmcall"`);
  });
  it("vmmcall", () => {
    expect(liftText("0f 01 d9")).toMatchInlineSnapshot(`"exit vmmcall"`);
  });
});
