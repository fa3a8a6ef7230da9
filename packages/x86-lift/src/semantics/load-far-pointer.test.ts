import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] LDS, LES, LFS, LGS, LSS", () => {
  it("les di, [bx]", () => {
    expect(liftText("c4 3f", 16)).toMatchInlineSnapshot(`
      "v0 = get.16 bx
      v1 = ea.16 v0
      v2 = load.16 ds:v1
      v3 = get.16 bx
      v4 = ea.16 v3 + 0x2
      v5 = load.16 ds:v4
      helper loadSegment v5
      set.16 di v2
      nextFresh"
    `);
  });
  it("lss esp, [eax]", () => {
    expect(liftText("0f b2 20", 32)).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = ea.32 v0
      v2 = load.32 ds:v1
      v3 = get.32 eax
      v4 = ea.32 v3 + 0x4
      v5 = load.16 ds:v4
      helper loadSegment v5 lo=0x2
      set.32 esp v2
      nextFresh"
    `);
  });
});
