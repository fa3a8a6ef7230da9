import { describe, expect, it } from "vitest";
import { decodeInstruction, Instruction } from "x86-decode";
import { Builder, Flag, fragmentReadsFlags, fragmentWritesFlags, lift, liftMode } from "./index.ts";

const insn = new Instruction();
const builder = new Builder();

/** "reads>writes" with letters as in the manual: O S Z A P C. */
function effects(hex: string): string {
  const bytes = Uint8Array.from(hex.split(" "), (byte) => Number.parseInt(byte, 16));
  decodeInstruction(bytes, 0, bytes.length, 64, 0, 0, insn);
  lift(insn, liftMode(64), builder);
  const letters = (mask: number) =>
    (["OF", "SF", "ZF", "AF", "PF", "CF"] as const).map((name) => ((mask >> Flag[name]) & 1 ? name[0] : "")).join("");
  return `${letters(fragmentReadsFlags(builder.fragment))}>${letters(fragmentWritesFlags(builder.fragment))}`;
}

describe("[x86-lift] flags that an instruction reads and certainly writes (SDM vol. 1, appendix A)", () => {
  it.each([
    ["add eax, ecx", "01 c8", ">OSZAPC"],
    ["adc eax, ecx", "11 c8", "C>OSZAPC"],
    ["inc eax", "ff c0", ">OSZAP"],
    ["mov eax, ecx", "89 c8", ">"],
    ["jle", "7e 00", "OSZ>"],
    ["setp al", "0f 9a c0", "P>"],
    ["cmc", "f5", "C>C"],
    ["shl eax, 1", "d1 e0", ">OSZAPC"],
    ["shl eax, 32 shifts by nothing", "c1 e0 20", ">"],
    ["shl eax, cl may change nothing", "d3 e0", ">"],
    ["rol eax, 3", "c1 c0 03", ">OC"],
    ["sahf", "9e", ">SZAPC"],
    ["bt eax, ecx", "0f a3 c8", ">C"],
    ["popcnt eax, ecx", "f3 0f b8 c1", ">OSZAPC"],
    ["pushfq", "9c", "OSZAPC>"],
    ["add eax, [rcx] can fault: a handler sees the flags before it", "03 01", "OSZAPC>OSZAPC"],
    ["ud2", "0f 0b", "OSZAPC>"],
  ] as const)("%s", (_, bytes, expected) => {
    expect(effects(bytes)).toBe(expected);
  });
});
