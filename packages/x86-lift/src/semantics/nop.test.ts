import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] NOP", () => {
  it("nop", () => {
    expect(liftText("90")).toMatchInlineSnapshot(`"next"`);
  });

  it.each([
    ["nop dword [rax] does not touch memory", "0f 1f 00", 64, "next"],
    ["endbr64", "f3 0f 1e fa", 64, "next"],
    ["prefetcht0 [rax]", "0f 18 08", 64, "next"],
    ["mfence", "0f ae f0", 64, "next"],
  ] as const)("%s", (_, bytes, mode, expected) => {
    expect(liftText(bytes, mode)).toBe(expected);
  });
});
