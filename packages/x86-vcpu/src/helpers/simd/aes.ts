/** AES-NI. Sources: FIPS 197 §4.2, §5.1–5.3; Intel SDM vol. 1 §12.13 (how the state lies in a register), vol. 2 AESENC … */
import type { Cpu } from "../../cpu.ts";
import { type Helper, HelperStatus } from "../../helper.ts";

/** x · 2 in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
const double = (x: number): number => ((x << 1) ^ (x & 0x80 ? 0x11b : 0)) & 0xff;

function multiply(x: number, y: number): number {
  let product = 0;
  for (let a = x, b = y; b !== 0; a = double(a), b >>= 1) if (b & 1) product ^= a;
  return product;
}

/** The S-box: inverse in GF(2^8), then the affine map. 3 generates the field, so that logarithms give inverses. */
function substitutionBox(): Uint8Array {
  const box = new Uint8Array(256);
  const power = new Uint8Array(255);
  const logarithm = new Uint8Array(256);
  for (let i = 0, x = 1; i < 255; i++, x ^= double(x)) {
    power[i] = x;
    logarithm[x] = i;
  }
  for (let x = 0; x < 256; x++) {
    const inverse = x === 0 ? 0 : power[(255 - logarithm[x]!) % 255]!;
    const doubled = inverse * 0x101;
    box[x] = (inverse ^ (doubled >> 4) ^ (doubled >> 5) ^ (doubled >> 6) ^ (doubled >> 7) ^ 0x63) & 0xff;
  }
  return box;
}

const box: Uint8Array = /* @__PURE__ */ substitutionBox();
const inverseBox: Uint8Array = /* @__PURE__ */ box.reduce((table, y, x) => {
  table[y] = x;
  return table;
}, new Uint8Array(256));

const forward = [2, 3, 1, 1] as const;
const backward = [14, 11, 13, 9] as const;

/** MixColumns with the circulant matrix whose first row is given. */
function mixColumns(state: readonly number[], row: readonly number[]): number[] {
  return state.map((_, i) => {
    const column = i & ~3;
    let sum = 0;
    for (let k = 0; k < 4; k++) sum ^= multiply(state[column + k]!, row[(k - i) & 3]!);
    return sum;
  });
}

/** Byte 4c + r of the register is row r, column c of the state. Row r moves left by r (right to invert). */
function shiftAndSubstitute(cpu: Cpu, at: number, table: Uint8Array, direction: 1 | -1): number[] {
  return Array.from({ length: 16 }, (_, i) => table[cpu.u8[at + ((i + direction * 4 * (i & 3)) & 15)]!]!);
}

function finishRound(cpu: Cpu, state: readonly number[], key: number, result: number): HelperStatus {
  const out = state.map((x, i) => x ^ cpu.u8[key + i]!);
  cpu.u8.set(out, result);
  return HelperStatus.Continue;
}

export const aes = {
  aesEncrypt: (cpu, a, b, _c, result, last) => {
    const state = shiftAndSubstitute(cpu, a, box, 1);
    return finishRound(cpu, last !== 0 ? state : mixColumns(state, forward), b, result);
  },
  aesDecrypt: (cpu, a, b, _c, result, last) => {
    const state = shiftAndSubstitute(cpu, a, inverseBox, -1);
    return finishRound(cpu, last !== 0 ? state : mixColumns(state, backward), b, result);
  },
  aesInverseMixColumns: (cpu, a, _b, _c, result) => {
    cpu.u8.set(mixColumns([...cpu.u8.subarray(a, a + 16)], backward), result);
    return HelperStatus.Continue;
  },
  aesKeygenAssist: (cpu, a, _b, _c, result, constant) => {
    const substitute = (at: number): number[] => [0, 1, 2, 3].map((i) => box[cpu.u8[at + i]!]!);
    const rotate = (w: readonly number[]): number[] => [w[1]! ^ (constant & 0xff), w[2]!, w[3]!, w[0]!];
    const low = substitute(a + 4);
    const high = substitute(a + 12);
    cpu.u8.set([...low, ...rotate(low), ...high, ...rotate(high)], result);
    return HelperStatus.Continue;
  },
} as const satisfies Record<string, Helper>;
