import * as iced from "iced-x86";
import { describe, expect, test } from "vitest";
import { formatGnu, gnuTokens } from "../src/gnu.ts";
import { DecodeError, decodeInstruction, Instruction } from "../src/index.ts";
import { formatIntel, intelTokens } from "../src/intel.ts";
import { bytesPerEncoding, sample, spaces, writeEncoding } from "./encodings.ts";

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
