import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] UD0, UD1, UD2, VMX", () => {
  it.each([
    ["ud2", "0f 0b", 64, "raise #UD"],
    ["ud1 eax, [rax]", "0f b9 00", 64, "raise #UD"],
    ["vmlaunch", "0f 01 c2", 64, "raise #UD"],
    ["rsm", "0f aa", 64, "raise #UD"],
    ["an encoding that does not exist", "0f 0a", 64, "raise #UD"],
    ["push es in 64-bit code", "06", 64, "raise #UD"],
  ] as const)("%s", (_, bytes, mode, expected) => {
    expect(liftText(bytes, mode)).toBe(expected);
  });
});
