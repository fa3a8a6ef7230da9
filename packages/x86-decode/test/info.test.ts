import * as iced from "iced-x86";
import { describe, expect, test } from "vitest";
import { DecodeError, decodeInstruction, Instruction, mnemonicNames, Register } from "../src/index.ts";
import { access, Flag, features, flagUse, flow, formTraits, usedMemory, usedRegisters } from "../src/info.ts";
import { bytesPerEncoding, sample, spaces, writeEncoding } from "./encodings.ts";

const total = process.env["HVM_LONG"] ? 900_000 : 27_000;
const letters = ["n", "r", "cr", "w", "cw", "rw", "rcw", "a"];
const registerNames = Object.keys(Register);

/** Whole register: iced names the part of a register that is read, we the register that the row names. */
const whole = (name: string): string =>
  name
    .replace(/^(?:R|E)?(AX|CX|DX|BX|SP|BP|SI|DI)$/, "$1")
    .replace(/^([ABCD])[LH]$/, "$1X")
    .replace(/^(SP|BP|SI|DI)L$/, "$1")
    .replace(/^(R\d+)[BWDL]$/, "$1")
    .replace(/^[XYZ]MM/, "V");

/** Where we differ: ENTER's nesting levels are not listed one by one, and LEAVE with 66 changes a part of rBP. */
const different = /^(leave|enter)$/;

describe("[x86-decode] information beside iced-x86", () => {
  test("registers, memory, accesses and flags over the encoding space", { timeout: 120_000 }, () => {
    const factory = new iced.InstructionInfoFactory();
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
          if (mine.error !== DecodeError.None || different.test(mnemonicNames[mine.mnemonic]!)) continue;
          const decoder = new iced.Decoder(bitness, bytes, 0);
          decoder.ip = 0x1000n;
          decoder.decodeOut(theirs);
          const info = factory.info(theirs);
          const operands = [0, 1, 2, 3, 4].slice(0, mine.opCount);
          const theirAccess = operands.map(
            (i) => [info.op0Access, info.op1Access, info.op2Access, info.op3Access, info.op4Access][i],
          );
          // iced counts None, Read, CondRead, Write, CondWrite, ReadWrite, ReadCondWrite, NoMemAccess as we do.
          const expected = {
            access: theirAccess.map((a) => letters[a!]).join(),
            registers: info
              .usedRegisters()
              .map((r) => [iced.Register[r.register]!, letters[r.access]!] as const)
              .filter(([name, use]) => !(bitness === 64 && /^[CDES]S$/.test(name) && use !== "w"))
              .map(([name, use]) => `${whole(name)}:${use}`)
              .sort()
              .join(" "),
            memory: info
              .usedMemory()
              .map(
                (m) =>
                  `${iced.Register[m.base]!.replace(/^[ER]IP$/, "None")} ${iced.Register[m.index]} ${iced.MemorySizeExt.size(m.memorySize)} ${letters[m.access]}`,
              )
              .join("; "),
            flags: [
              theirs.rflagsRead,
              theirs.rflagsWritten,
              theirs.rflagsCleared,
              theirs.rflagsSet,
              theirs.rflagsUndefined,
            ]
              .map((bits) =>
                Object.keys(Flag).filter(
                  (name) => bits & (iced.RflagsBits as unknown as Record<string, number>)[name]!,
                ),
              )
              .join(" "),
          };
          const use = flagUse(mine);
          const actual = {
            access: operands.map((i) => letters[access(mine, i)]).join(),
            registers: usedRegisters(mine)
              .map((r) => [registerNames[r.register]!, letters[r.access]!] as const)
              .filter(([name, a]) => !(bitness === 64 && /^[CDES]S$/.test(name) && a !== "w"))
              .map(([name, a]) => `${whole(name)}:${a}`)
              .sort()
              .join(" "),
            memory: usedMemory(mine)
              .map((m) => `${registerNames[m.base]} ${registerNames[m.index]} ${m.size} ${letters[m.access]}`)
              .join("; "),
            flags: [use.read, use.written, use.cleared, use.set, use.undefined]
              .map((bits) => Object.entries(Flag).flatMap(([name, bit]) => (bits & bit ? [name] : [])))
              .join(" "),
          };
          compared++;
          for (const part of ["access", "registers", "memory", "flags"] as const)
            if (actual[part].replace(/R(\d+)B/g, "R$1L") !== expected[part])
              differences.push(
                `${bitness} ${Buffer.from(bytes.subarray(0, mine.length)).toString("hex")} ${mnemonicNames[mine.mnemonic]} ${part}: ${expected[part]} here ${actual[part]}`,
              );
          info.free();
          decoder.free();
        }
    expect(differences.slice(0, 20)).toEqual([]);
    expect(compared).toBeGreaterThan(total / 6);
  });

  test("in eax, dx", () => {
    const instruction = new Instruction();
    decodeInstruction(Uint8Array.of(0xed), 0, 1, 32, 0, 0, instruction);
    expect(features(instruction)).toEqual(["386"]);
    expect(flow(instruction)).toBe("next");
    expect(formTraits(instruction.form)).toContain("io");
    expect(usedRegisters(instruction)).toEqual([
      { register: Register.EAX, access: 3 },
      { register: Register.DX, access: 1 },
    ]);
  });
});
