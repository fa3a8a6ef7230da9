import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  DecodeError,
  DecodeOption,
  Decoder,
  decode,
  decodeInstruction,
  Instruction,
  instructionLength,
  mnemonicNames,
  OpKind,
  opSize,
  Prefix,
  Register,
  registerName,
  registerSize,
} from "./index.ts";

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/[0-9a-f]{2}/gi) ?? [], (b) => Number.parseInt(b, 16));

function one(hex: string, bitness: 16 | 32 | 64 = 64, ip = 0x1000n, options = 0): Instruction {
  const [instruction] = decode(bytesOf(hex), { bitness, ip, options });
  return instruction!;
}
const name = (instruction: Instruction): string => mnemonicNames[instruction.mnemonic]!;

describe("[x86-decode] decode", () => {
  // Expectations from the opcode tables of SDM volume 2, appendix A.
  test.each([
    ["ed", 32, "in", [Register.EAX, Register.DX]],
    ["66ed", 32, "in", [Register.AX, Register.DX]],
    ["ed", 16, "in", [Register.AX, Register.DX]],
    ["ec", 64, "in", [Register.AL, Register.DX]],
    ["48ed", 64, "in", [Register.EAX, Register.DX]],
    ["4883c005", 64, "add", [Register.RAX]],
    ["40b401", 64, "mov", [Register.SPL]],
    ["b401", 64, "mov", [Register.AH]],
    ["4190", 64, "xchg", [Register.R8D, Register.EAX]],
    ["90", 64, "nop", []],
    ["f390", 64, "pause", []],
    ["0f20c0", 32, "mov", [Register.EAX, Register.CR0]],
    ["660fefc9", 64, "pxor", [Register.XMM1, Register.XMM1]],
    ["0fefc9", 64, "pxor", [Register.MM1, Register.MM1]],
    ["c5f877", 64, "vzeroupper", []],
    ["62f17c4858c1", 64, "vaddps", [Register.ZMM0, Register.ZMM0, Register.ZMM1]],
    ["0f01c1", 32, "vmcall", []],
    ["f30f1efa", 64, "endbr64", []],
  ] as const)("%s in %i-bit code is %s", (hex, bitness, mnemonic, registers) => {
    const instruction = one(hex, bitness);
    expect(instruction.error).toBe(DecodeError.None);
    expect(instruction.length).toBe(hex.length / 2);
    expect(name(instruction)).toBe(mnemonic);
    registers.forEach((register, i) => {
      expect(instruction.opReg(i)).toBe(register);
    });
  });

  test("memory: base, index, scale, displacement, segment, size", () => {
    const i = one("64488b448e80"); // mov rax, fs:[rsi+rcx*4-0x80]
    expect([i.memBase, i.memIndex, i.memScale, i.displacement]).toEqual([
      Register.RSI,
      Register.RCX,
      4,
      0xffff_ffff_ffff_ff80n,
    ]);
    expect([i.memSegment, i.memSize, i.memDispSize, i.dispOffset]).toEqual([Register.FS, 8, 1, 5]);
    expect(i.opKind1).toBe(OpKind.Memory);
  });

  test("RIP-relative displacement is absolute, and carries into the high half", () => {
    const i = one("488b0510000000", 64, 0xffff_fff8n);
    expect(i.memBase).toBe(Register.RIP);
    expect(i.displacement).toBe(0x1_0000_000fn);
  });

  test("the stack segment goes with rSP and rBP, not with R12 and R13", () => {
    expect(one("8b4500").memSegment).toBe(Register.SS);
    expect(one("418b4500").memSegment).toBe(Register.DS);
    expect(one("8b4500", 32).memSegment).toBe(Register.SS);
    expect(one("268b4500", 64).memSegment).toBe(Register.SS);
    expect(one("268b4500", 32).memSegment).toBe(Register.ES);
  });

  test("immediates are extended to the operand and no further", () => {
    expect(one("4883c0ff").immediate).toBe(0xffff_ffff_ffff_ffffn);
    expect(one("83c0ff").immediate).toBe(0xffff_ffffn);
    expect(one("6683c0ff").immediate).toBe(0xffffn);
    expect(one("04ff").immediate).toBe(0xffn);
    expect(one("48b8efcdab8967452301").immediate).toBe(0x0123_4567_89ab_cdefn);
    expect(opSize(one("4883c0ff"), 1)).toBe(8);
    expect(opSize(one("c8100001"), 1)).toBe(1);
    expect(one("c8100001").imm2).toBe(1);
  });

  test("branch targets are truncated to the operand size", () => {
    expect(one("ebfe").branchTarget).toBe(0x1000n);
    expect(one("e9fbefffff", 64, 0n).branchTarget).toBe(0xffff_ffff_ffff_f000n);
    expect(one("ebfe", 16, 0x1_fffen).branchTarget).toBe(0xfffen);
    expect(one("ea785634120800", 32).farSelector).toBe(8);
  });

  test("errors: cut off, too long, undefined, LOCK without memory", () => {
    expect(one("48b801").error).toBe(DecodeError.Truncated);
    expect(one("66".repeat(15) + "90").error).toBe(DecodeError.TooLong);
    expect(one("66".repeat(14) + "90").error).toBe(DecodeError.None);
    expect(one("06").error).toBe(DecodeError.Invalid);
    expect(one("06", 32).error).toBe(DecodeError.None);
    expect(one("f001c0").error).toBe(DecodeError.Invalid);
    expect(one("f00100").error).toBe(DecodeError.None);
    expect(decodeInstruction(new Uint8Array(0), 0, 0, 64, 0, 0, new Instruction())).toBe(0);
  });

  test("prefixes: what stood there, without what belongs to the opcode", () => {
    expect(one("f3a4").prefixes & Prefix.Rep).toBe(Prefix.Rep);
    expect(one("f30f58c1").prefixes & Prefix.Rep).toBe(0);
    expect(one("4866b80100").operandSize).toBe(16);
  });

  test("options: an encoding that only some processors have", () => {
    expect(name(one("f390", 64, 0n, DecodeOption.NoPause))).toBe("nop");
    expect(name(one("660fe80000", 64, 0n, DecodeOption.Amd))).not.toBe("call");
    expect(one("66e80000", 64, 0n, DecodeOption.Amd).length).toBe(4);
    expect(one("66e800000000", 64).length).toBe(6);
  });

  test("a record keeps nothing of the instruction before", () => {
    const into = new Instruction();
    const bytes = bytesOf("62f1747d58400148b8efcdab8967452301");
    decodeInstruction(bytesOf("62f1744958400190"), 0, 8, 64, 0, 0, into);
    expect(into.opmask).toBe(1);
    decodeInstruction(bytes, 7, bytes.length, 64, 0, 0, into);
    const fresh = new Instruction();
    decodeInstruction(bytes, 7, bytes.length, 64, 0, 0, fresh);
    expect({ ...into }).toEqual({ ...fresh });
  });

  test("any bytes in any mode: no throw, 1–15, nothing behind the end matters", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 20 }),
        fc.constantFrom(16, 32, 64) as fc.Arbitrary<16 | 32 | 64>,
        fc.integer({ min: 0, max: (1 << 25) - 1 }),
        (bytes, bitness, options) => {
          const a = new Instruction();
          const b = new Instruction();
          const length = decodeInstruction(bytes, 0, bytes.length, bitness, -1, -1, a, options);
          expect(length).toBeGreaterThanOrEqual(1);
          expect(length).toBeLessThanOrEqual(15);
          decodeInstruction(Uint8Array.of(...bytes, 0xaa, 0x55, 0xaa), 0, bytes.length, bitness, -1, -1, b, options);
          expect({ ...b }).toEqual({ ...a });
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("length alone", () => {
    const scratch = new Instruction();
    expect(instructionLength(bytesOf("488b448e80"), 0, 5, 64, scratch)).toBe(5);
    expect(instructionLength(bytesOf("06"), 0, 1, 64, scratch)).toBe(0);
  });

  test("Decoder goes on after what is no instruction", () => {
    const decoder = new Decoder(bytesOf("06ed"), { ip: 0x10n });
    expect([...decoder].map((i) => [i.ip, i.error])).toEqual([
      [0x10n, DecodeError.Invalid],
      [0x11n, DecodeError.None],
    ]);
    expect(() => new Decoder(new Uint8Array(1), { bitness: 8 as 16 })).toThrow("bitness is 16, 32 or 64, not 8");
  });

  test("register names and widths", () => {
    expect([Register.R8B, Register.SPL, Register.ST3, Register.ZMM31, Register.None].map(registerName)).toEqual([
      "r8b",
      "spl",
      "st3",
      "zmm31",
      "",
    ]);
    expect(
      [Register.AH, Register.R15W, Register.EIP, Register.GS, Register.ST0, Register.YMM9, 0, 999].map(registerSize),
    ).toEqual([1, 2, 4, 2, 10, 32, 0, 0]);
  });
});
