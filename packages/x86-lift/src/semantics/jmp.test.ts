import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] JMP", () => {
  it("jmp -2", () => {
    expect(liftText("eb fe")).toMatchInlineSnapshot(`"jump 0x1000"`);
  });
  it("jmp rax", () => {
    expect(liftText("ff e0")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      checkTarget v0
      jumpTo v0"
    `);
  });
  it("jmp eax in 32-bit code", () => {
    expect(liftText("ff e0", 32)).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = zext.64 v0
      jumpTo v1"
    `);
  });
  it("jmp eax in 16-bit code can pass the limit", () => {
    expect(liftText("66 ff e0", 16)).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = zext.64 v0
      checkTarget v1
      jumpTo v1"
    `);
  });
  it("jmp 0x1234:0x5678", () => {
    expect(liftText("ea 78 56 34 12", 16)).toMatchInlineSnapshot(`
      "v0 = const.16 0x1234
      v1 = const.64 0x5678
      helper farJump v0 v1 lo=0x10
      dispatch"
    `);
  });
  it("jmp far [rdi]", () => {
    expect(liftText("48 ff 2f")).toMatchInlineSnapshot(`
      "v0 = get.64 rdi
      v1 = load.64 ds:v0
      v2 = get.64 rdi
      v3 = ea.64 v2 + 0x8
      v4 = load.16 ds:v3
      helper farJump v4 v1 lo=0x40
      dispatch"
    `);
  });
});
