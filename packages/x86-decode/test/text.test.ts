import * as iced from "iced-x86";
import { describe, expect, test } from "vitest";
import { formatGnu, gnuTokens } from "../src/gnu.ts";
import { DecodeError, decodeInstruction, Instruction } from "../src/index.ts";
import { formatIntel, intelTokens } from "../src/intel.ts";
import { bytesPerEncoding, sample, spaces, writeEncoding } from "./encodings.ts";
import { isCutByIced } from "./oracle.ts";

/** HVM_LONG=1 compares 1.8 M texts instead of 54 k. */
const total = process.env["HVM_LONG"] ? 1_800_000 : 54_000;
const chunk = 4096;

describe("[x86-decode] text beside iced-x86", () => {
  for (const [syntax, format] of [
    ["Intel", formatIntel],
    ["Gas", formatGnu],
  ] as const)
    test(`${syntax}, default options`, { timeout: 120_000 }, () => {
      const oracle = new iced.Formatter(iced.FormatterSyntax[syntax]);
      const mine = new Instruction();
      const theirs = new iced.Instruction();
      const bytes = new Uint8Array(chunk * bytesPerEncoding);
      const differences: string[] = [];
      for (const space of spaces)
        for (const bitness of [16, 32, 64] as const) {
          let filled = 0;
          const flush = (): void => {
            const decoder = new iced.Decoder(bitness, bytes, 0);
            for (let i = 0; i < filled; i++) {
              const at = i * bytesPerEncoding;
              decodeInstruction(bytes, at, bytes.length, bitness, 0xffff_f000 | 0, 0, mine);
              if (mine.error !== DecodeError.None) continue;
              decoder.position = at;
              decoder.ip = 0xffff_f000n;
              decoder.decodeOut(theirs);
              const expected = oracle.format(theirs);
              const text = format(mine);
              if (text !== expected)
                differences.push(
                  `${bitness} ${Buffer.from(bytes.subarray(at, at + mine.length)).toString("hex")}: ${expected} here ${text}`,
                );
            }
            decoder.free();
            filled = 0;
          };
          for (const index of sample(space, Math.ceil(total / 18), 5)) {
            writeEncoding(space, index, bytes, filled * bytesPerEncoding);
            if (++filled === chunk) flush();
          }
          flush();
        }
      expect(differences.slice(0, 20)).toEqual([]);
    });

  // Small numbers are digits, AAM 10 is AAM, predicates are names: what an immediate does to text.
  test("every opcode with immediates that are special somewhere", { timeout: 60_000 }, () => {
    const mine = new Instruction();
    const differences: string[] = [];
    const intel = new iced.Formatter(iced.FormatterSyntax.Intel);
    const gnu = new iced.Formatter(iced.FormatterSyntax.Gas);
    const immediates = [0, 1, 2, 3, 5, 7, 8, 9, 10, 11, 15, 16, 17, 31, 32, 127, 128, 255];
    const zeros = [0, 0, 0, 0, 0, 0, 0];
    for (const bitness of [16, 32, 64] as const)
      for (const prefix of [[], [0x0f], [0x66, 0x0f, 0x3a], [0x66]])
        for (let opcode = 0; opcode < 256; opcode++)
          for (const value of immediates)
            for (const bytes of [
              [...prefix, opcode, value, ...zeros, ...zeros],
              [...prefix, opcode, 0xc1, value, ...zeros, ...zeros],
            ]) {
              const code = Uint8Array.from(bytes);
              decodeInstruction(code, 0, code.length, bitness, 0, 0, mine);
              if (mine.error !== DecodeError.None) continue;
              const decoder = new iced.Decoder(bitness, code, 0);
              const theirs = decoder.decode();
              const expected = `${intel.format(theirs)} | ${gnu.format(theirs)}`;
              const actual = `${formatIntel(mine)} | ${formatGnu(mine)}`;
              theirs.free();
              decoder.free();
              if (expected !== actual && !isCutByIced(mine))
                differences.push(`${bitness} ${Buffer.from(code).toString("hex")}: ${expected} here ${actual}`);
            }
    expect(differences.slice(0, 20)).toEqual([]);
  });

  test("tokens put together are the text", () => {
    const instruction = new Instruction();
    const bytes = new Uint8Array(bytesPerEncoding);
    for (const space of spaces)
      for (const index of sample(space, 300, 3)) {
        writeEncoding(space, index, bytes, 0);
        decodeInstruction(bytes, 0, bytes.length, 64, 0x1000, 0, instruction);
        expect(
          intelTokens(instruction)
            .map((t) => t.text)
            .join(""),
        ).toBe(formatIntel(instruction));
        expect(
          gnuTokens(instruction)
            .map((t) => t.text)
            .join(""),
        ).toBe(formatGnu(instruction));
      }
  });
});
