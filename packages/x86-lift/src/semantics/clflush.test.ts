import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] CLFLUSH", () => {
  it("clflush [rdi]", () => {
    expect(liftText("0f ae 3f")).toMatchInlineSnapshot(`
      "v0 = get.64 rdi
      probe ds:v0 1 read
      next"
    `);
  });
});
