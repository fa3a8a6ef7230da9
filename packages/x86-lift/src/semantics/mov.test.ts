import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] MOV", () => {
  it("mov eax, [rip+0x10]", () => {
    expect(liftText("8b 05 10 00 00 00")).toMatchInlineSnapshot(`
      "v0 = ea.64 0x1016
      v1 = load.32 ds:v0
      set.32 eax v1
      next"
    `);
  });
  it("mov ah, 1", () => {
    expect(liftText("b4 01")).toMatchInlineSnapshot(`
      "v0 = const.8 0x1
      set.8 ah v0
      next"
    `);
  });
  it("mov rax, -1", () => {
    expect(liftText("48 c7 c0 ff ff ff ff")).toMatchInlineSnapshot(`
      "v0 = const.64 0xffffffffffffffff
      set.64 rax v0
      next"
    `);
  });
  it("mov ss, ax holds interrupts off", () => {
    expect(liftText("8e d0", 32)).toMatchInlineSnapshot(`
      "v0 = get.16 ax
      helper loadSegment v0 lo=0x2 hi=0x1
      nextFresh"
    `);
  });
  it("mov eax, ds", () => {
    expect(liftText("8c d8", 32)).toMatchInlineSnapshot(`
      "v0 = helper.16 readSelector lo=0x3
      v1 = zext.32 v0
      set.32 eax v1
      next"
    `);
  });
  it("mov [rax], ds", () => {
    expect(liftText("8c 18")).toMatchInlineSnapshot(`
      "v0 = helper.16 readSelector lo=0x3
      v1 = get.64 rax
      store.16 ds:v1 v0
      next"
    `);
  });
  it("mov cr3, rax", () => {
    expect(liftText("0f 22 d8")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      helper writeCr v0 lo=0x3
      nextFresh"
    `);
  });
  it("mov eax, cr0", () => {
    expect(liftText("0f 20 c0", 32)).toMatchInlineSnapshot(`
      "v0 = helper.64 readCr
      v1 = trunc.32 v0
      set.32 eax v1
      next"
    `);
  });
  it("mov rax, cr8", () => {
    expect(liftText("44 0f 20 c0")).toMatchInlineSnapshot(`
      "v0 = helper.64 readCr lo=0x8
      set.64 rax v0
      next"
    `);
  });
  it("mov dr4, rax is dr6 without CR4.DE", () => {
    expect(liftText("0f 23 e0", liftMode(64, { cr4: { de: false } }))).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      helper writeDr v0 lo=0x6
      nextFresh"
    `);
  });
  it("mov eax, fs:[0x1234] with a 16-bit offset", () => {
    expect(liftText("64 66 a1 34 12", 16)).toMatchInlineSnapshot(`
      "v0 = ea.16 0x1234
      v1 = load.32 fs:v0
      set.32 eax v1
      next"
    `);
  });

  it.each([
    ["mov cr3 outside ring 0", "0f 22 d8", liftMode(64, { cpl: 3 }), "raise #GP(0)"],
    ["mov cr1", "0f 22 c8", 64, "raise #UD"],
    ["mov dr4 with CR4.DE", "0f 23 e0", 64, "raise #UD"],
  ] as const)("%s", (_, bytes, mode, expected) => {
    expect(liftText(bytes, mode)).toBe(expected);
  });
});
