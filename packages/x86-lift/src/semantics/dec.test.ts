import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] DEC", () => {
  it("dec byte [rax]", () => {
    expect(liftText("fe 08")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      v1 = load.8 ds:v0 write
      v2 = const.8 0x1
      v3 = sub.8 v1 v2
      store.8 ds:v0 v3
      flags.8 dec v1 v2 v3
      next"
    `);
  });
});
