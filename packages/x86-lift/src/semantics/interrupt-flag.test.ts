import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] CLI, STI", () => {
  it("cli", () => {
    expect(liftText("fa")).toMatchInlineSnapshot(`
      "v0 = const.64 0x0
      setRflags v0 mask=0x200
      next"
    `);
  });
  it("sti", () => {
    expect(liftText("fb")).toMatchInlineSnapshot(`
      "helper enableInterrupts
      nextFresh"
    `);
  });
  it("sti with PVI at ring 3", () => {
    expect(liftText("fb", liftMode(32, { cpl: 3, cr4: { pvi: true } }))).toMatchInlineSnapshot(`
      "v0 = getRflags
      v1 = const.64 0x100000
      v2 = and.64 v0 v1
      v3 = const.64 0x0
      v4 = ne.1 v2 v3
      raiseIf v4 #GP(0)
      v6 = const.64 0x80000
      setRflags v6 mask=0x80000
      next"
    `);
  });
  it("cli in VM86 mode with VME", () => {
    expect(
      liftText("fa", liftMode(16, { protectedMode: true, virtual8086: true, cpl: 3, cr4: { vme: true } })),
    ).toMatchInlineSnapshot(`
      "v0 = const.64 0x0
      setRflags v0 mask=0x80000
      next"
    `);
  });

  it.each([
    ["sti at ring 3", "fb", liftMode(64, { cpl: 3 }), "raise #GP(0)"],
    [
      "cli at ring 3 with PVI in VM86 mode",
      "fa",
      liftMode(16, { protectedMode: true, virtual8086: true, cpl: 3, cr4: { pvi: true } }),
      "raise #GP(0)",
    ],
    ["cli at ring 1 with PVI", "fa", liftMode(32, { cpl: 1, cr4: { pvi: true } }), "raise #GP(0)"],
  ] as const)("%s", (_, bytes, mode, expected) => {
    expect(liftText(bytes, mode)).toBe(expected);
  });
});
