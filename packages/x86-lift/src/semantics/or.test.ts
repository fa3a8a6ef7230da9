import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] OR", () => {
  it("or dword [rax], 1", () => {
    expect(liftText("83 08 01")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      v1 = load.32 ds:v0 write
      v2 = const.32 0x1
      v3 = or.32 v1 v2
      store.32 ds:v0 v3
      flags.32 logic _ _ v3
      next"
    `);
  });
});
