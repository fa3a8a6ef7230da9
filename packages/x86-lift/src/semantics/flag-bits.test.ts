import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] CLC … SALC", () => {
  it("stc", () => {
    expect(liftText("f9")).toMatchInlineSnapshot(`
      "v0 = const.1 0x1
      setFlag cf v0
      next"
    `);
  });
  it("cld", () => {
    expect(liftText("fc")).toMatchInlineSnapshot(`
      "v0 = const.1 0x0
      setFlag df v0
      next"
    `);
  });
  it("cmc", () => {
    expect(liftText("f5")).toMatchInlineSnapshot(`
      "v0 = getFlag cf
      v1 = not.1 v0
      setFlag cf v1
      next"
    `);
  });
  it("lahf", () => {
    expect(liftText("9f")).toMatchInlineSnapshot(`
      "v0 = getRflags
      v1 = trunc.8 v0
      set.8 ah v1
      next"
    `);
  });
  it("sahf", () => {
    expect(liftText("9e")).toMatchInlineSnapshot(`
      "v0 = get.8 ah
      v1 = zext.64 v0
      setRflags v1 mask=0xd5
      next"
    `);
  });
  it("salc", () => {
    expect(liftText("d6", 32)).toMatchInlineSnapshot(`
      "v0 = getFlag cf
      v1 = sext.8 v0
      set.8 al v1
      next"
    `);
  });
});
