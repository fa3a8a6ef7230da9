/** SHA extensions. Sources: FIPS 180-4 §4.1, §6.1–6.2; Intel SDM vol. 2, SHA1RNDS4 … (which word lies where). */
import type { Cpu } from "../../cpu.ts";
import { type Helper, HelperStatus } from "../../helper.ts";

const rotl = (x: number, n: number): number => (x << n) | (x >>> (32 - n));
const rotr = (x: number, n: number): number => rotl(x, 32 - n);
const choose = (x: number, y: number, z: number): number => (x & y) ^ (~x & z);
const majority = (x: number, y: number, z: number): number => (x & y) ^ (x & z) ^ (y & z);
const parity = (x: number, y: number, z: number): number => x ^ y ^ z;

/** Word n of a register, 0 the lowest. */
const word = (cpu: Cpu, at: number, n: number): number => cpu.u32[(at >>> 2) + n]!;

function store(cpu: Cpu, result: number, w3: number, w2: number, w1: number, w0: number): HelperStatus {
  const at = result >>> 2;
  cpu.i32[at] = w0;
  cpu.i32[at + 1] = w1;
  cpu.i32[at + 2] = w2;
  cpu.i32[at + 3] = w3;
  return HelperStatus.Continue;
}

const sha1Functions = [choose, parity, majority, parity] as const;
const sha1Constants = [0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6] as const;

const sum0 = (x: number): number => rotr(x, 2) ^ rotr(x, 13) ^ rotr(x, 22);
const sum1 = (x: number): number => rotr(x, 6) ^ rotr(x, 11) ^ rotr(x, 25);
const sigma0 = (x: number): number => rotr(x, 7) ^ rotr(x, 18) ^ (x >>> 3);
const sigma1 = (x: number): number => rotr(x, 17) ^ rotr(x, 19) ^ (x >>> 10);

export const sha = {
  sha1Rounds4: (cpu, s, t, _c, result, imm) => {
    const f = sha1Functions[imm & 3]!;
    const k = sha1Constants[imm & 3]!;
    let [a, b, c, d, e] = [word(cpu, s, 3), word(cpu, s, 2), word(cpu, s, 1), word(cpu, s, 0), 0];
    for (let round = 0; round < 4; round++) {
      const next = (f(b, c, d) + rotl(a, 5) + word(cpu, t, 3 - round) + e + k) | 0;
      [a, b, c, d, e] = [next, a, rotl(b, 30), c, d];
    }
    return store(cpu, result, a, b, c, d);
  },
  sha1NextE: (cpu, s, t, _c, result) =>
    store(cpu, result, word(cpu, t, 3) + rotl(word(cpu, s, 3), 30), word(cpu, t, 2), word(cpu, t, 1), word(cpu, t, 0)),
  sha1Message1: (cpu, s, t, _c, result) =>
    store(
      cpu,
      result,
      word(cpu, s, 1) ^ word(cpu, s, 3),
      word(cpu, s, 0) ^ word(cpu, s, 2),
      word(cpu, t, 3) ^ word(cpu, s, 1),
      word(cpu, t, 2) ^ word(cpu, s, 0),
    ),
  sha1Message2: (cpu, s, t, _c, result) => {
    const w16 = rotl(word(cpu, s, 3) ^ word(cpu, t, 2), 1);
    const w17 = rotl(word(cpu, s, 2) ^ word(cpu, t, 1), 1);
    const w18 = rotl(word(cpu, s, 1) ^ word(cpu, t, 0), 1);
    return store(cpu, result, w16, w17, w18, rotl(word(cpu, s, 0) ^ w16, 1));
  },
  sha256Rounds2: (cpu, s, t, keys, result) => {
    let [a, b, e, f] = [word(cpu, t, 3), word(cpu, t, 2), word(cpu, t, 1), word(cpu, t, 0)];
    let [c, d, g, h] = [word(cpu, s, 3), word(cpu, s, 2), word(cpu, s, 1), word(cpu, s, 0)];
    for (let round = 0; round < 2; round++) {
      const step = (choose(e, f, g) + sum1(e) + word(cpu, keys, round) + h) | 0;
      const next = (step + majority(a, b, c) + sum0(a)) | 0;
      [a, b, c, d, e, f, g, h] = [next, a, b, c, (step + d) | 0, e, f, g];
    }
    return store(cpu, result, a, b, e, f);
  },
  sha256Message1: (cpu, s, t, _c, result) =>
    store(
      cpu,
      result,
      word(cpu, s, 3) + sigma0(word(cpu, t, 0)),
      word(cpu, s, 2) + sigma0(word(cpu, s, 3)),
      word(cpu, s, 1) + sigma0(word(cpu, s, 2)),
      word(cpu, s, 0) + sigma0(word(cpu, s, 1)),
    ),
  sha256Message2: (cpu, s, t, _c, result) => {
    const w16 = (word(cpu, s, 0) + sigma1(word(cpu, t, 2))) | 0;
    const w17 = (word(cpu, s, 1) + sigma1(word(cpu, t, 3))) | 0;
    const w18 = (word(cpu, s, 2) + sigma1(w16)) | 0;
    return store(cpu, result, word(cpu, s, 3) + sigma1(w17), w18, w17, w16);
  },
} as const satisfies Record<string, Helper>;
