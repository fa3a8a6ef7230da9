/** Random bytes in all three bitnesses against iced-x86: `node scripts/run.mjs scripts/differential.ts [count] [seed]`. */
import { FastOracle } from "../test/fast-oracle.ts";

/** A small generator (xorshift32), so that a run can be repeated. */
export function randomBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed | 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state >>> 11;
  }
  return bytes;
}

export function main(args: readonly string[]): void {
  const total = Number(args[0] ?? 300_000);
  const seed = Number(args[1] ?? 1);
  const oracle = new FastOracle();
  const kinds = new Map<string, [count: number, example: string]>();
  let bad = 0;
  for (const bitness of [64, 32, 16] as const) {
    const size = Math.ceil(total / 3);
    const bytes = randomBytes(size, seed * 7919 + bitness);
    oracle.start(bytes, bitness, 0x7fff_ffff_f000n);
    for (let at = 0; at < size - 16; at++) {
      const what = oracle.compare(at);
      if (what === undefined) continue;
      bad++;
      const key = `${bitness} ${what.replace(/[0-9a-f]{3,16} here [0-9a-f]+/, "x here y").replace(/R?[A-Z]*\d+ here/, "R here")}`;
      const known = kinds.get(key);
      if (known) known[0]++;
      else kinds.set(key, [1, Buffer.from(bytes.subarray(at, at + 15)).toString("hex")]);
    }
  }
  for (const [key, [count, example]] of [...kinds].sort((a, b) => b[1][0] - a[1][0]).slice(0, 60))
    console.log(count, key, example);
  console.log(`${total} decodes, ${bad} differences in ${kinds.size} kinds`);
}
