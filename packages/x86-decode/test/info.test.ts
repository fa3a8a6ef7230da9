import * as iced from "iced-x86";
import { describe, expect, test } from "vitest";
import { DecodeError, decodeInstruction, Instruction, mnemonicNames, Register } from "../src/index.ts";
import { features, flow, formTraits, usedMemory, usedRegisters } from "../src/info.ts";
import { bytesPerEncoding, sample, spaces, writeEncoding } from "./encodings.ts";
import { InfoOracle } from "./info-oracle.ts";

/** HVM_LONG=1 compares 300 k instead of 9 k. */
const total = process.env["HVM_LONG"] ? 900_000 : 27_000;

describe("[x86-decode] information beside iced-x86", () => {
  test("registers, memory, accesses, flags, flow, features over the encoding space", { timeout: 120_000 }, () => {
    const oracle = new InfoOracle();
    const mine = new Instruction();
    const theirs = new iced.Instruction();
    const bytes = new Uint8Array(bytesPerEncoding);
    const differences: string[] = [];
    let compared = 0;
    for (const space of spaces)
      for (const bitness of [16, 32, 64] as const)
        for (const index of sample(space, Math.ceil(total / 18), 9)) {
          writeEncoding(space, index, bytes, 0);
          decodeInstruction(bytes, 0, bytes.length, bitness, 0x1000, 0, mine);
          if (mine.error !== DecodeError.None) continue;
          const decoder = new iced.Decoder(bitness, bytes, 0);
          decoder.ip = 0x1000n;
          decoder.decodeOut(theirs);
          decoder.free();
          const what = oracle.compare(mine, theirs);
          compared++;
          if (what !== undefined)
            differences.push(
              `${bitness} ${Buffer.from(bytes.subarray(0, mine.length)).toString("hex")} ${mnemonicNames[mine.mnemonic]}: ${what}`,
            );
        }
    expect(differences.slice(0, 20)).toEqual([]);
    expect(compared).toBeGreaterThan(total / 6);
  });

  const decoded = (hex: string, bitness: 16 | 32 | 64): Instruction => {
    const instruction = new Instruction();
    const bytes = Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16));
    decodeInstruction(bytes, 0, bytes.length, bitness, 0, 0, instruction);
    return instruction;
  };

  test("in eax, dx", () => {
    const instruction = decoded("ed", 32);
    expect(features(instruction)).toEqual(["386"]);
    expect(flow(instruction)).toBe("next");
    expect(formTraits(instruction.form)).toContain("io");
    expect(usedRegisters(instruction)).toEqual([
      { register: Register.EAX, access: 3 },
      { register: Register.DX, access: 1 },
    ]);
  });

  // SDM volume 2, ENTER: push rBP; levels 1 to n-1 copy a pointer each; the new frame's pointer.
  test("enter 10h, 2 pushes three times and reads one frame pointer", () => {
    expect(
      usedMemory(decoded("c8100002", 64)).map((m) => [m.base, BigInt.asIntN(64, m.displacement), m.access]),
    ).toEqual([
      [Register.RSP, -8n, 3],
      [Register.RBP, -8n, 1],
      [Register.RSP, -16n, 3],
      [Register.RSP, -24n, 3],
    ]);
  });

  test("an instruction with register operands only uses no memory, a push does", () => {
    expect(usedMemory(decoded("62f5fe3879d1", 64))).toEqual([]); // vcvtsh2usi rdx{rd-sae},xmm1
    expect(usedMemory(decoded("50", 64))).toMatchObject([{ base: Register.RSP, size: 8, access: 3 }]);
  });
});
