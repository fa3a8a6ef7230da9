import { describe, expect, it } from "vitest";
import { decodeInstruction, Instruction } from "x86-decode";
import { liftText } from "../test/lift-text.ts";
import { Builder, isLifted, lift, liftMode } from "./index.ts";

describe("[x86-lift] lift", () => {
  it.each([
    ["lock inc dword [rax]", "f0 ff 00", "load.32 ds:v0 write"],
    ["lock cmpxchg8b [rax]", "f0 0f c7 08", "load.64 ds:v0 write"],
  ] as const)("%s may be locked", (_, bytes, row) => {
    expect(liftText(bytes)).toContain(row);
  });

  it.each([
    ["lock mov [rax], ecx: not a read-modify-write", "f0 89 08"],
    ["lock cmp [rax], ecx: writes nothing", "f0 39 08"],
    ["lock inc eax: no memory", "f0 ff c0"],
    ["lock bt [rax], ecx: writes nothing", "f0 0f a3 08"],
  ] as const)("%s", (_, bytes) => {
    expect(liftText(bytes)).toBe("raise #UD");
  });

  it("more than 15 bytes are #GP(0), as a fetch is on a processor", () => {
    expect(liftText("66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90")).toBe("raise #GP(0)");
  });

  it("cut-off bytes are #UD: fetching more is the engine's business", () => {
    expect(liftText("0f")).toBe("raise #UD");
  });

  it("clzero is #UD unless the mode shows it; then it is a promise that nobody keeps", () => {
    const without = liftMode(64, { has: (feature) => feature !== "clzero" });
    expect(liftText("0f 01 fc", without)).toBe("raise #UD");
    expect(liftText("c5 fc 58 c0", liftMode(64, { has: () => false }))).toBe("raise #UD");
    const insn = new Instruction();
    const builder = new Builder();
    const clzero = Uint8Array.of(0x0f, 0x01, 0xfc);
    decodeInstruction(clzero, 0, clzero.length, 64, 0, 0, insn);
    expect(lift(insn, liftMode(64), builder)).toBe(false);
    expect(builder.count).toBe(0);
    expect([isLifted("clzero"), isLifted("add"), isLifted("scasb")]).toEqual([false, true, true]);
  });

  it("keeps string and vector MOVSD apart", () => {
    expect(liftText("a5")).toContain("store.32 es:");
    expect(liftText("f2 0f 10 c1")).toContain("xmm");
  });

  it("one builder serves one instruction after the other", () => {
    expect(liftText("90")).toBe("next");
    expect(liftText("f8")).toBe("v0 = const.1 0x0\nsetFlag cf v0\nnext");
    expect(liftText("90")).toBe("next");
  });
});
