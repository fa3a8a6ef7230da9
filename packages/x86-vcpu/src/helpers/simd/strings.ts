/** PCMPISTRI, PCMPISTRM, PCMPESTRI, PCMPESTRM. Source: Intel SDM vol. 2 §4.1 (figures 4-1 and 4-2, tables 4-1 to 4-6). */
import type { Cpu } from "../../cpu.ts";
import { type Helper, HelperStatus } from "../../helper.ts";

type Read = (cpu: Cpu, at: number, lane: number) => number;

/** By imm8[1:0]: unsigned bytes, unsigned words, signed bytes, signed words. */
const readers: readonly Read[] = [
  (cpu, at, lane) => cpu.u8[at + lane]!,
  (cpu, at, lane) => cpu.u16[(at >>> 1) + lane]!,
  (cpu, at, lane) => (cpu.u8[at + lane]! << 24) >> 24,
  (cpu, at, lane) => (cpu.u16[(at >>> 1) + lane]! << 16) >> 16,
];

/** Elements before the first zero. */
function implicitLength(cpu: Cpu, read: Read, at: number, count: number): number {
  let length = 0;
  while (length < count && read(cpu, at, length) !== 0) length++;
  return length;
}

const compareStrings: Helper = (cpu, a, b, c, result, imm, implicit) => {
  const read = readers[imm & 3]!;
  const count = (imm & 1) !== 0 ? 8 : 16;
  const lengthA = implicit !== 0 ? implicitLength(cpu, read, a, count) : Math.min(count, cpu.u32[c >>> 2]!);
  const lengthB = implicit !== 0 ? implicitLength(cpu, read, b, count) : Math.min(count, cpu.u32[(c >>> 2) + 1]!);

  /** Aggregation (table 4-3) with the overrides for elements past the end (table 4-6): one bit per element of b. */
  const holds = (j: number): boolean => {
    const element = read(cpu, b, j);
    switch ((imm >> 2) & 3) {
      case 0:
        if (j >= lengthB) return false;
        for (let i = 0; i < lengthA; i++) if (read(cpu, a, i) === element) return true;
        return false;
      case 1:
        if (j >= lengthB) return false;
        for (let i = 0; i + 1 < lengthA; i += 2)
          if (read(cpu, a, i) <= element && element <= read(cpu, a, i + 1)) return true;
        return false;
      case 2:
        if (j >= lengthA || j >= lengthB) return j >= lengthA && j >= lengthB;
        return read(cpu, a, j) === element;
      default:
        for (let i = 0; i < lengthA && i + j < count; i++)
          if (i + j >= lengthB || read(cpu, a, i) !== read(cpu, b, i + j)) return false;
        return true;
    }
  };
  let mask = 0;
  for (let j = 0; j < count; j++) if (holds(j)) mask |= 1 << j;

  const all = (1 << count) - 1;
  if ((imm & 0x30) === 0x10) mask ^= all;
  else if ((imm & 0x30) === 0x30) mask ^= all & ((1 << lengthB) - 1);

  const index = mask === 0 ? count : (imm & 0x40) !== 0 ? 31 - Math.clz32(mask) : 31 - Math.clz32(mask & -mask);
  const cf = mask !== 0 ? 0x001 : 0;
  const zf = lengthB < count ? 0x040 : 0;
  const sf = lengthA < count ? 0x080 : 0;
  const of = (mask & 1) !== 0 ? 0x800 : 0;
  cpu.u32[result >>> 2] = mask | (index << 16);
  cpu.u32[(result >>> 2) + 1] = cf | zf | sf | of;
  return HelperStatus.Continue;
};

export const strings = { compareStrings } as const satisfies Record<string, Helper>;
