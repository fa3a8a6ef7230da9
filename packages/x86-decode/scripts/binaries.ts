/**
 * Executable sections of ELF files against iced-x86 as a linear sweep, 64- and 32-bit: every instruction field by field,
 * both texts, and instruction information: `node scripts/run.mjs scripts/binaries.ts [--state FILE] FILE…`, or `@LIST` for
 * the files named in LIST, as `scripts/corpus.mjs` prints them.
 *
 * Text and information of an encoding that has just been compared are not compared again unless they hold an address;
 * information is compared for one of 16.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as iced from "iced-x86";
import { formatGnu } from "../src/gnu.ts";
import { DecodeError, type Instruction, OpKind, Register } from "../src/index.ts";
import { formatIntel } from "../src/intel.ts";
import { FastOracle } from "../test/fast-oracle.ts";
import { InfoOracle } from "../test/info-oracle.ts";
import { isCutByIced } from "../test/oracle.ts";

const informationEvery = 16;

interface Section {
  readonly bitness: 32 | 64;
  readonly bytes: Uint8Array;
  readonly address: bigint;
}

/** SHF_EXECINSTR sections of an ELF file; none if it is something else. */
function executableSections(file: string): Section[] {
  const elf = readFileSync(file);
  if (elf.length < 64 || elf.readUInt32BE(0) !== 0x7f45_4c46) return [];
  const bitness = elf[4] === 2 ? 64 : 32;
  const word = (at32: number, at64: number): number =>
    bitness === 64 ? Number(elf.readBigUInt64LE(at64)) : elf.readUInt32LE(at32);
  const half = (at32: number, at64: number): number => elf.readUInt16LE(bitness === 64 ? at64 : at32);
  const table = word(32, 40);
  const size = half(46, 58);
  const sections: Section[] = [];
  for (let i = 0; i < half(48, 60); i++) {
    const at = table + i * size;
    const isCode = elf.readUInt32LE(at + 4) === 1 && (word(at + 8, at + 8) & 4) !== 0;
    if (!isCode) continue;
    const offset = word(at + 16, at + 24);
    const address = bitness === 64 ? elf.readBigUInt64LE(at + 16) : BigInt(elf.readUInt32LE(at + 12));
    sections.push({ bitness, bytes: new Uint8Array(elf.subarray(offset, offset + word(at + 20, at + 32))), address });
  }
  return sections;
}

/** Remembers the last encodings: 2^18 places by hash, 16 bytes each. */
class Recent {
  readonly #bytes = new Uint8Array(1 << 22);

  /** Whether `length` bytes at `at` were there already; they are now. */
  has(bytes: Uint8Array, at: number, length: number, bitness: number): boolean {
    let hash = bitness;
    for (let i = 0; i < length; i++) hash = Math.imul(hash ^ bytes[at + i]!, 0x0100_0193);
    const place = ((hash ^ (hash >>> 15)) & 0x3_ffff) << 4;
    const table = this.#bytes;
    let known = table[place] === (length | (bitness & 0x40));
    for (let i = 0; known && i < length; i++) known = table[place + 1 + i] === bytes[at + i];
    if (known) return true;
    table[place] = length | (bitness & 0x40);
    for (let i = 0; i < length; i++) table[place + 1 + i] = bytes[at + i]!;
    return false;
  }
}

const holdsAddress = (i: Instruction): boolean =>
  i.opKind0 === OpKind.NearBranch || i.memBase === Register.RIP || i.memBase === Register.EIP;

interface State {
  done: Record<string, { instructions: number; bytes: number; differences: number }>;
  texts: number;
  informations: number;
}

export function main(args: readonly string[]): void {
  const words = [...args];
  const at = words.indexOf("--state");
  const [, stateFile] = at < 0 ? [] : words.splice(at, 2);
  const files = words.flatMap((word) =>
    word.startsWith("@") ? readFileSync(word.slice(1), "utf8").split("\n").filter(Boolean) : [word],
  );
  let state: State = { done: {}, texts: 0, informations: 0 };
  if (stateFile !== undefined && existsSync(stateFile)) state = JSON.parse(readFileSync(stateFile, "utf8")) as State;

  const oracle = new FastOracle();
  const information = new InfoOracle();
  const intel = new iced.Formatter(iced.FormatterSyntax.Intel);
  const gnu = new iced.Formatter(iced.FormatterSyntax.Gas);
  const recent = new Recent();
  let shown = 0;
  for (const file of files) {
    if (state.done[file]) continue;
    const result = { instructions: 0, bytes: 0, differences: 0 };
    for (const { bytes, address, bitness } of executableSections(file)) {
      oracle.start(bytes, bitness, address);
      result.bytes += bytes.length;
      for (let at = 0; at < bytes.length; result.instructions++) {
        const what: string[] = [];
        const decoded = oracle.compare(at);
        const { mine, theirs } = oracle;
        const valid = mine.error === DecodeError.None;
        if (decoded !== undefined) what.push(decoded);
        else if (valid && (holdsAddress(mine) || !recent.has(bytes, at, mine.length, bitness))) {
          const expected = `${intel.format(theirs)} | ${gnu.format(theirs)}`;
          const actual = `${formatIntel(mine)} | ${formatGnu(mine)}`;
          if (expected !== actual && !isCutByIced(mine)) what.push(`text ${expected} here ${actual}`);
          if (state.texts++ % informationEvery === 0) {
            const difference = information.compare(mine, theirs);
            if (difference !== undefined) what.push(`information: ${difference}`);
            state.informations++;
          }
        }
        if (what.length > 0) {
          result.differences++;
          if (shown++ < 100) {
            const place = (address + BigInt(at)).toString(16);
            console.log(
              `${file} ${place} ${Buffer.from(bytes.subarray(at, at + 15)).toString("hex")}: ${what.join("; ")}`,
            );
          }
        }
        at += valid ? mine.length : 1;
        if (!valid) oracle.setIp(address + BigInt(at));
      }
    }
    state.done[file] = result;
    console.log(
      `${file}: ${result.instructions} instructions in ${result.bytes} bytes, ${result.differences} differences`,
    );
    if (stateFile !== undefined) writeFileSync(stateFile, JSON.stringify(state));
  }
  const results = Object.values(state.done);
  const sum = (key: "instructions" | "bytes" | "differences"): number => results.reduce((n, r) => n + r[key], 0);
  console.log(
    `${results.length} files, ${sum("bytes")} bytes, ${sum("instructions")} instructions, ${state.texts} texts in both syntaxes, ` +
      `${state.informations} informations: ${sum("differences")} differences`,
  );
}
