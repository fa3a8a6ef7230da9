import { describe, expect, it } from "vitest";
import { decodeInstruction, Instruction, Register } from "x86-decode";
import { Builder, byteRegister, gprNumber, liftMode, printIr } from "./index.ts";

function builderFor(hex: string, bitness: 16 | 32 | 64 = 64): Builder {
  const bytes = Uint8Array.from(hex.split(" "), (byte) => Number.parseInt(byte, 16));
  const insn = new Instruction();
  decodeInstruction(bytes, 0, bytes.length, bitness, 0x1000, 0, insn);
  const b = new Builder();
  b.start(insn, liftMode(bitness));
  return b;
}

describe("[x86-lift] Builder", () => {
  it.each([
    [Register.AL, 0],
    [Register.BL, 3],
    [Register.AH, 16],
    [Register.BH, 19],
    [Register.SPL, 4],
    [Register.DIL, 7],
    [Register.R8B, 8],
    [Register.R15B, 15],
  ] as const)("byte register %i is number %i", (register, number) => {
    expect(byteRegister(register)).toBe(number);
  });

  it("numbers word, doubleword and quadword registers alike", () => {
    expect(
      [Register.DI, Register.EDI, Register.RDI, Register.R15W, Register.R15D, Register.R15].map(gprNumber),
    ).toEqual([7, 7, 7, 15, 15, 15]);
  });

  it("reads the low byte of a wide register when asked for 8 bits", () => {
    const b = builderFor("01 d8"); // add eax, ebx
    b.read(1, 8);
    expect(printIr(b.fragment)).toBe("v0 = get.8 bl");
  });

  it("reads memory for modification and writes it back to the same address", () => {
    const b = builderFor("01 58 04"); // add [rax+4], ebx
    b.write(0, b.modify(0));
    expect(printIr(b.fragment)).toBe(
      "v0 = get.64 rax\nv1 = ea.64 v0 + 0x4\nv2 = load.32 ds:v1 write\nstore.32 ds:v1 v2",
    );
  });

  it("carries a displacement past 32 bits for the second field of an operand", () => {
    const b = builderFor("8b 05 f8 ef ff ff"); // mov eax, [rip-0x1008]: address −2 in 64 bits
    b.address(4);
    expect(printIr(b.fragment)).toBe("v0 = ea.64 0x2");
  });

  it("knows SS as the default segment of stack addresses, and overrides", () => {
    expect(builderFor("8b 45 00").segment).toBe(2); // mov eax, [rbp]
    expect(builderFor("65 8b 00").segment).toBe(5); // mov eax, gs:[rax]
  });

  it("knows whether the fragment has ended", () => {
    const b = builderFor("90");
    expect(b.ended).toBe(false);
    b.next();
    expect(b.ended).toBe(true);
  });
});
