import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] LEA", () => {
  it("lea rax, [rbx+rcx*8-0x10]", () => {
    expect(liftText("48 8d 44 cb f0")).toMatchInlineSnapshot(`
      "v0 = get.64 rbx
      v1 = get.64 rcx
      v2 = ea.64 v0 + v1*8 - 0x10
      set.64 rax v2
      next"
    `);
  });
  it("lea ax, [bx+si]: only 16 bits", () => {
    expect(liftText("8d 00", 16)).toMatchInlineSnapshot(`
      "v0 = get.16 bx
      v1 = get.16 si
      v2 = ea.16 v0 + v1
      v3 = trunc.16 v2
      set.16 ax v3
      next"
    `);
  });
  it("lea eax, [ebx] in 64-bit code", () => {
    expect(liftText("67 8d 03")).toMatchInlineSnapshot(`
      "v0 = get.32 ebx
      v1 = ea.32 v0
      v2 = trunc.32 v1
      set.32 eax v2
      next"
    `);
  });
});
