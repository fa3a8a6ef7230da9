import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] PAUSE", () => {
  it("pause", () => {
    expect(liftText("f3 90")).toMatchInlineSnapshot(`"exit pause"`);
  });
});
