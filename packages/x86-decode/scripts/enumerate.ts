/**
 * The encoding space against iced-x86: `node scripts/run.mjs scripts/enumerate.ts [millions] [--state FILE] [option name…]`.
 * Every encoding is compared field by field, one of 256 in both texts too. With a state file a run that was stopped goes on
 * where it was.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as iced from "iced-x86";
import { formatGnu } from "../src/gnu.ts";
import { DecodeError, Instruction, instructionLength } from "../src/index.ts";
import { formatIntel } from "../src/intel.ts";
import { bytesPerEncoding, type Space, sample, spaces, writeEncoding } from "../test/encodings.ts";
import { FastOracle } from "../test/fast-oracle.ts";
import { isCutByIced } from "../test/oracle.ts";

const chunk = 8192;
/** One of this many is compared as text. */
const textEvery = 256;
/** One of this many by its length alone. */
const lengthEvery = 8;
const start = 0xffff_f000n;

export interface Difference {
  readonly hex: string;
  readonly bitness: number;
  readonly what: string;
}

export interface Work {
  readonly space: Space;
  readonly bitness: 16 | 32 | 64;
  /** Encodings of the space, spread evenly. */
  readonly count: number;
  /** Index of the first. */
  readonly start: number;
  /** `DecodeOption` bits. */
  readonly options?: number;
  /** Encodings to leave out at the beginning: they were compared before. */
  readonly skip?: number;
}

/** Compares and gives how many encodings that were; differences go to `report`, `progress` gets the number so far. */
export function compareSpace(
  work: Work,
  report: (difference: Difference) => void,
  progress: (done: number) => void = () => {},
): number {
  const { space, bitness, count, options = 0, skip = 0 } = work;
  const oracle = new FastOracle();
  const scratch = new Instruction();
  const intel = new iced.Formatter(iced.FormatterSyntax.Intel);
  const gnu = new iced.Formatter(iced.FormatterSyntax.Gas);
  const bytes = new Uint8Array(chunk * bytesPerEncoding);
  let filled = 0;
  let done = skip;
  const flush = (): void => {
    oracle.start(bytes, bitness, start, options);
    for (let i = 0; i < filled; i++) {
      const at = i * bytesPerEncoding;
      let what = oracle.compare(at);
      if (
        what === undefined &&
        i % textEvery === 0 &&
        oracle.mine.error === DecodeError.None &&
        !isCutByIced(oracle.mine)
      ) {
        const expected = `${intel.format(oracle.theirs)} | ${gnu.format(oracle.theirs)}`;
        const actual = `${formatIntel(oracle.mine)} | ${formatGnu(oracle.mine)}`;
        if (expected !== actual) what = `text ${expected} here ${actual}`;
      }
      if (what === undefined && i % lengthEvery === 0) {
        const length = instructionLength(bytes, at, bytes.length, bitness, scratch, options);
        if (length !== (oracle.mine.error === DecodeError.None ? oracle.mine.length : 0))
          what = `length here ${length}`;
      }
      if (what !== undefined) report({ hex: Buffer.from(bytes.subarray(at, at + 15)).toString("hex"), bitness, what });
    }
    done += filled;
    filled = 0;
    progress(done);
  };
  for (const index of sample(space, count, work.start, skip)) {
    writeEncoding(space, index, bytes, filled * bytesPerEncoding);
    if (++filled === chunk) flush();
  }
  flush();
  oracle.free();
  intel.free();
  gnu.free();
  return done;
}

/** `total` encodings shared out: small spaces whole, the rest of the total to the larger ones in equal parts. */
export function shareOut(total: number): { space: Space; bitness: 16 | 32 | 64; count: number }[] {
  const parts = spaces
    .flatMap((space) => ([64, 32, 16] as const).map((bitness) => ({ space, bitness })))
    .sort((a, b) => a.space.size - b.space.size);
  let left = total;
  return parts.map(({ space, bitness }, i) => {
    const count = Math.min(space.size, Math.ceil(left / (parts.length - i)));
    left -= count;
    return { space, bitness, count };
  });
}

interface State {
  readonly arguments: readonly string[];
  done: Record<string, number>;
  kinds: Record<string, [count: number, example: string]>;
}

export function main(args: readonly string[]): void {
  const words = [...args];
  const at = words.indexOf("--state");
  const [, file] = at < 0 ? [] : words.splice(at, 2);
  const total = Number(words[0] ?? 5) * 1e6;
  let options = 0;
  for (const name of words.slice(1)) options |= (iced.DecoderOptions as unknown as Record<string, number>)[name]!;
  let state: State = { arguments: words, done: {}, kinds: {} };
  if (file !== undefined && existsSync(file)) {
    state = JSON.parse(readFileSync(file, "utf8")) as State;
    if (String(state.arguments) !== String(words))
      throw new Error(`${file} belongs to a run with "${state.arguments.join(" ")}"`);
  }
  for (const { space, bitness, count } of shareOut(total)) {
    const name = `${space.name} ${bitness}`;
    let saved = 0;
    compareSpace(
      { space, bitness, count, options, start: 1, skip: state.done[name] ?? 0 },
      ({ hex, what }) => {
        const key = `${name} ${what.replace(/\w+ here \w+/, "R here")}`;
        const kind = (state.kinds[key] ??= [0, hex]);
        kind[0]++;
      },
      (done) => {
        state.done[name] = done;
        if (file === undefined || (done - saved < 1e6 && done < count)) return;
        saved = done;
        writeFileSync(file, JSON.stringify(state));
      },
    );
  }
  const kinds = Object.entries(state.kinds).sort((a, b) => b[1][0] - a[1][0]);
  for (const [key, [count, example]] of kinds.slice(0, 50)) console.log(count, key, example);
  const sum = Object.values(state.done).reduce((a, b) => a + b, 0);
  console.log(`${sum} encodings, ${kinds.length} kinds of difference`);
}
