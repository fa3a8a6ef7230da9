import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] BOUND", () => {
  it("bound eax, [ecx]", () => {
    expect(liftText("62 01", 32)).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = get.32 ecx
      v2 = ea.32 v1
      v3 = load.32 ds:v2
      v4 = get.32 ecx
      v5 = ea.32 v4 + 0x4
      v6 = load.32 ds:v5
      v7 = ltS.1 v0 v3
      v8 = ltS.1 v6 v0
      v9 = or.1 v7 v8
      raiseIf v9 #BR
      next"
    `);
  });
});
