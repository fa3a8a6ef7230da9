/**
 * The encoding space against iced-x86: `node scripts/run.mjs scripts/enumerate.ts [millions] [option name…]`.
 * 500 takes a few hours; the test takes a sample.
 */
import * as iced from "iced-x86";
import { bytesPerEncoding, type Space, sample, spaces, writeEncoding } from "../test/encodings.ts";
import { Oracle } from "../test/oracle.ts";

const chunk = 8192;

export interface Difference {
  readonly hex: string;
  readonly bitness: number;
  readonly what: string;
}

/** Decodes `count` encodings of one space and returns how many; differences go to `report`. */
export function compareSpace(
  of: Space,
  bitness: 16 | 32 | 64,
  count: number,
  options: number,
  start: number,
  report: (difference: Difference) => void,
): number {
  const oracle = new Oracle();
  const bytes = new Uint8Array(chunk * bytesPerEncoding);
  let filled = 0;
  let done = 0;
  const flush = (): void => {
    const decoder = new iced.Decoder(bitness, bytes, options);
    for (let i = 0; i < filled; i++) {
      const at = i * bytesPerEncoding;
      const what = oracle.compare(bytes, at, bitness, 0xffff_fff0n, options, decoder);
      if (what !== undefined) report({ hex: Buffer.from(bytes.subarray(at, at + 15)).toString("hex"), bitness, what });
    }
    decoder.free();
    done += filled;
    filled = 0;
  };
  for (const index of sample(of, count, start)) {
    writeEncoding(of, index, bytes, filled * bytesPerEncoding);
    if (++filled === chunk) flush();
  }
  flush();
  return done;
}

export function main(args: readonly string[]): void {
  const total = Number(args[0] ?? 5) * 1e6;
  let options = 0;
  for (const name of args.slice(1)) options |= (iced.DecoderOptions as unknown as Record<string, number>)[name]!;
  const kinds = new Map<string, [count: number, example: string]>();
  let done = 0;
  for (const of of spaces)
    for (const bitness of [64, 32, 16] as const)
      done += compareSpace(of, bitness, Math.ceil(total / 18), options, 1, ({ hex, what }) => {
        const key = `${bitness} ${of.name} ${what.replace(/\w+ here \w+/, "R here")}`;
        const known = kinds.get(key);
        if (known) known[0]++;
        else kinds.set(key, [1, hex]);
      });
  for (const [key, [count, example]] of [...kinds].sort((a, b) => b[1][0] - a[1][0]).slice(0, 50))
    console.log(count, key, example);
  console.log(`${done} encodings, ${kinds.size} kinds of difference`);
}
