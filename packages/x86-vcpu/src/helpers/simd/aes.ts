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

/** What a byte in row 0 contributes to its column, by the first column of the circulant matrix; row r rotates it left by 8 · r. */
function columnTable(factors: readonly number[]): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, x) =>
    factors.reduce((word, factor, row) => word | (multiply(x, factor) << (8 * row)), 0),
  );
}
const forward: Uint32Array = /* @__PURE__ */ columnTable([2, 1, 1, 3]);
const backward: Uint32Array = /* @__PURE__ */ columnTable([14, 9, 13, 11]);

/** MixColumns or its inverse, in place. */
function mixColumns(state: Uint8Array, table: Uint32Array): Uint8Array {
  for (let i = 0; i < 16; i += 4) {
    let word = 0;
    for (let row = 0; row < 4; row++) {
      const part = table[state[i + row]!]!;
      word ^= row === 0 ? part : (part << (8 * row)) | (part >>> (32 - 8 * row));
    }
    for (let row = 0; row < 4; row++) state[i + row] = word >>> (8 * row);
  }
  return state;
}

/** Byte 4c + r of the register is row r, column c of the state. Row r moves left by r (right to invert). */
function shiftAndSubstitute(cpu: Cpu, at: number, table: Uint8Array, direction: 1 | -1): Uint8Array {
  const state = new Uint8Array(16);
  for (let i = 0; i < 16; i++) state[i] = table[cpu.u8[at + ((i + direction * 4 * (i & 3)) & 15)]!]!;
  return state;
}

function finishRound(cpu: Cpu, state: Uint8Array, key: number, result: number): HelperStatus {
  for (let i = 0; i < 16; i++) state[i] = state[i]! ^ cpu.u8[key + i]!;
  cpu.u8.set(state, result);
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
    cpu.u8.set(mixColumns(cpu.u8.slice(a, a + 16), backward), result);
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
