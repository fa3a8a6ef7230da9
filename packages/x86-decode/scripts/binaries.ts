/**
 * Every executable section of ELF files against iced-x86, decode and both texts, as a linear sweep:
 * `node scripts/run.mjs scripts/binaries.ts /bin/bash /usr/bin/node …`.
 */
import { readFileSync } from "node:fs";
import * as iced from "iced-x86";
import { formatGnu } from "../src/gnu.ts";
import { DecodeError, type Instruction } from "../src/index.ts";
import { formatIntel } from "../src/intel.ts";
import { Oracle } from "../test/oracle.ts";

interface Section {
  readonly bytes: Uint8Array;
  readonly address: bigint;
}

/** SHF_EXECINSTR sections of an ELF64 file; none if it is something else. */
function executableSections(file: string): Section[] {
  const elf = readFileSync(file);
  if (elf.length < 64 || elf.readUInt32BE(0) !== 0x7f45_4c46 || elf[4] !== 2) return [];
  const table = Number(elf.readBigUInt64LE(40));
  const size = elf.readUInt16LE(58);
  const sections: Section[] = [];
  for (let i = 0; i < elf.readUInt16LE(60); i++) {
    const at = table + i * size;
    if (elf.readUInt32LE(at + 4) !== 1 || (elf.readBigUInt64LE(at + 8) & 4n) === 0n) continue;
    const offset = Number(elf.readBigUInt64LE(at + 24));
    sections.push({
      bytes: new Uint8Array(elf.subarray(offset, offset + Number(elf.readBigUInt64LE(at + 32)))),
      address: elf.readBigUInt64LE(at + 16),
    });
  }
  return sections;
}

/** iced's WebAssembly build looks at 32 bits to find numbers below 10, and writes 0x8000000000000000 as 0. */
const truncated = (i: Instruction): boolean =>
  (i.immHigh !== 0 && i.immLow >>> 0 < 10) || (i.memDispHigh !== 0 && i.memDispLow >>> 0 < 10);

export function main(files: readonly string[]): void {
  const oracle = new Oracle();
  const intel = new iced.Formatter(iced.FormatterSyntax.Intel);
  const gnu = new iced.Formatter(iced.FormatterSyntax.Gas);
  let total = 0;
  let bad = 0;
  for (const file of files) {
    let count = 0;
    for (const { bytes, address } of executableSections(file)) {
      const decoder = new iced.Decoder(64, bytes, 0);
      for (let at = 0; at < bytes.length; count++) {
        const ip = address + BigInt(at);
        let what = oracle.compare(bytes, at, 64, ip, 0, decoder);
        const valid = oracle.mine.error === DecodeError.None;
        if (what === undefined && valid) {
          // The comparison may have cleared a segment prefix of theirs; decode afresh for the text.
          decoder.position = at;
          decoder.ip = ip;
          decoder.decodeOut(oracle.theirs);
          const expected = `${intel.format(oracle.theirs)} | ${gnu.format(oracle.theirs)}`;
          const actual = `${formatIntel(oracle.mine)} | ${formatGnu(oracle.mine)}`;
          if (expected !== actual && !truncated(oracle.mine)) what = `text ${expected} here ${actual}`;
        }
        if (what !== undefined && ++bad <= 50)
          console.log(
            `${file} ${ip.toString(16)} ${Buffer.from(bytes.subarray(at, at + 15)).toString("hex")}: ${what}`,
          );
        at += valid ? oracle.mine.length : 1;
      }
      decoder.free();
    }
    total += count;
    console.log(`${file}: ${count} instructions`);
  }
  console.log(`${total} instructions, ${bad} differences`);
}
