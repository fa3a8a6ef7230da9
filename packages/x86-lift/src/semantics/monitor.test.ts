import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] MONITOR, MWAIT", () => {
  it("monitor", () => {
    expect(liftText("0f 01 c8")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      v1 = ea.64 v0
      v2 = get.32 ecx
      v3 = const.32 0x0
      v4 = ne.1 v2 v3
      raiseIf v4 #GP(0)
      probe ds:v1 1 read
      exit monitor v1 lo=0x3"
    `);
  });
  it("mwait", () => {
    expect(liftText("0f 01 c9")).toMatchInlineSnapshot(`
      "v0 = const.32 0x1
      v1 = get.32 ecx
      v2 = ltU.1 v0 v1
      raiseIf v2 #GP(0)
      exit mwait"
    `);
  });

  it.each([["mwait at ring 3", "0f 01 c9", liftMode(64, { cpl: 3 }), "raise #UD"]] as const)(
    "%s",
    (_, bytes, mode, expected) => {
      expect(liftText(bytes, mode)).toBe(expected);
    },
  );
});
