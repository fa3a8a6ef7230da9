import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] MOVBE", () => {
  it("movbe ecx, [rax]", () => {
    expect(liftText("0f 38 f0 08")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      v1 = load.32 ds:v0
      v2 = bswap.32 v1
      set.32 ecx v2
      next"
    `);
  });
  it("movbe [rax], cx", () => {
    expect(liftText("66 0f 38 f1 08")).toMatchInlineSnapshot(`
      "v0 = get.16 cx
      v1 = bswap.16 v0
      v2 = get.64 rax
      store.16 ds:v2 v1
      next"
    `);
  });
});
