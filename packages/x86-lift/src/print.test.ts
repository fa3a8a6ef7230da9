import { describe, expect, it } from "vitest";
import { Instruction } from "x86-decode";
import { Builder, ExitKind, liftMode, MemoryFlag, printIr, Segment, Vector } from "./index.ts";

function text(write: (b: Builder) => void): string {
  const b = new Builder();
  b.start(new Instruction(), liftMode(64));
  write(b);
  return printIr(b.fragment);
}

describe("[x86-lift] printIr", () => {
  it.each<[string, (b: Builder) => void]>([
    ["v0 = const.64 0xffffffffffffffff", (b) => b.const(64, -1)],
    ["v0 = const.8 0xff", (b) => b.const(8, -1)],
    ["v0 = const.64 0x8000000000", (b) => b.const(64, 0, 0x80)],
    ["v0 = get.8 bh", (b) => b.get(8, 19)],
    ["v0 = get.8 dil", (b) => b.get(8, 7)],
    ["v0 = get.16 r9w", (b) => b.get(16, 9)],
    ["v0 = get.32 r9d", (b) => b.get(32, 9)],
    ["v0 = ea.64 0x1000", (b) => b.ea(64, undefined, undefined, 1, 0x1000, 0)],
    ["v0 = get.64 rax\nv1 = ea.64 v0*4 - 0x8", (b) => b.ea(64, undefined, b.get(64, 0), 4, -8, -1)],
    [
      "v0 = get.64 rax\nv1 = load.128 fs:v0 write,aligned",
      (b) => b.load(128, Segment.FS, b.get(64, 0), MemoryFlag.ForWrite | MemoryFlag.Aligned),
    ],
    ["v0 = getField.32 mxcsr", (b) => b.getField("mxcsr")],
    ["v0 = cond g", (b) => b.cond(15)],
    ["raise #PF(2)", (b) => b.raise(Vector.PF, 2)],
    ["raise #DE", (b) => b.raise(Vector.DE)],
    ["jump 0xffffffff80000000", (b) => b.jump(-0x8000_0000, -1)],
    ["helper farReturn lo=0x40 hi=0x8", (b) => b.helper("farReturn", undefined, undefined, undefined, 64, 8)],
    ["exit hlt", (b) => b.exit(ExitKind.Hlt)],
  ])("%s", (expected, write) => {
    expect(text(write)).toBe(expected);
  });
});
