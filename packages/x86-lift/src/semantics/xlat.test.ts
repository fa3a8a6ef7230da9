import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] XLAT", () => {
  it("es xlatb", () => {
    expect(liftText("26 d7", 16)).toMatchInlineSnapshot(`
      "v0 = get.16 bx
      v1 = get.8 al
      v2 = zext.16 v1
      v3 = ea.16 v0 + v2
      v4 = load.8 es:v3
      set.8 al v4
      next"
    `);
  });
  it("xlatb", () => {
    expect(liftText("d7")).toMatchInlineSnapshot(`
      "v0 = get.64 rbx
      v1 = get.8 al
      v2 = zext.64 v1
      v3 = ea.64 v0 + v2
      v4 = load.8 ds:v3
      set.8 al v4
      next"
    `);
  });
});
