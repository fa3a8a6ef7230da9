import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] NOT", () => {
  it("not dword [rax] leaves the flags", () => {
    expect(liftText("f7 10")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      v1 = load.32 ds:v0 write
      v2 = not.32 v1
      store.32 ds:v0 v2
      next"
    `);
  });
});
