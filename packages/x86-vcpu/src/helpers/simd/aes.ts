/** AES-NI. Sources: FIPS 197 §4.2, §5.1–5.3; Intel SDM vol. 1 §12.13 (how the state lies in a register), vol. 2 AESENC … */
import type { Cpu } from "../../cpu.ts";
import { type Helper, HelperStatus } from "../../helper.ts";
import { backward, box, forward, inverseBox } from "./aes-tables.ts";

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
