/**
 * Cases as the guest's runtime reads them, little-endian, without gaps:
 *
 * | | |
 * |---|---|
 * | table | "VMCT", u16 number of cases, u16 0, 7 × u32 presets, cases |
 * | case | u8 length and bytes of its id, u8 ring, u16 number of steps, steps |
 * | step | u8 instruction, u8 flags (bit 0 cleanup), u8 vector or 0xff, u8 registers set, u8 registers unchanged, u8 checks, u8 captures, u16 bytes of data; then registers, data, checks, captures |
 * | register | u32 value, u8 variable or 0xff; only those set, the others have the presets |
 * | check | u8 register, u8 not, u8 variable or 0xff, u32 mask, u32 base, u32 span |
 * | capture | u8 register, u8 variable, u32 mask |
 *
 * Registers are numbered in the order of `registerNames`.
 */
import { presets } from "../author.ts";
import { type ConformanceCase, type Operand, type RegisterName, registerNames, type Step } from "../case.ts";

const NONE = 0xff;
const MAGIC = [0x56, 0x4d, 0x43, 0x54] as const;

const number = (name: RegisterName): number => registerNames.indexOf(name);
const bits = (names: readonly RegisterName[]): number => names.reduce((sum, name) => sum | (1 << number(name)), 0);
const variableOf = ({ variable }: Operand): number => variable ?? NONE;

const presetOf = (name: RegisterName): number => (name === "edx" ? 0 : presets[name]);

class Writer {
  readonly bytes: number[] = [];

  u8(...values: readonly number[]): void {
    for (const value of values) this.bytes.push(value & 0xff);
  }

  u16(value: number): void {
    this.u8(value, value >>> 8);
  }

  u32(value: number): void {
    this.u8(value, value >>> 8, value >>> 16, value >>> 24);
  }
}

/** The place in the runtime's table of instructions. */
function instruction({ kind, direction, size }: Step): number {
  if (kind === "rdpmc") return 8;
  if (kind === "string") return direction === "in" ? 6 : 7;
  return (direction === "in" ? 0 : 3) + { 1: 0, 2: 1, 4: 2 }[size];
}

function writeStep(writer: Writer, step: Step): void {
  const { set, unchanged, checks, captures, fault, data = new Uint8Array() } = step;
  const given = registerNames.filter((name) => set[name].variable !== undefined || set[name].value !== presetOf(name));
  writer.u8(instruction(step), step.cleanup === true ? 1 : 0, fault ?? NONE, bits(given), bits(unchanged));
  writer.u8(checks.length, captures.length);
  writer.u16(data.length);
  for (const name of given) {
    writer.u32(set[name].value);
    writer.u8(variableOf(set[name]));
  }
  writer.u8(...data);
  for (const { register, mask, base, span, not } of checks) {
    writer.u8(number(register), not ? 1 : 0, variableOf(base));
    for (const value of [mask, base.value, span]) writer.u32(value);
  }
  for (const { register, mask, variable } of captures) {
    writer.u8(number(register), variable);
    writer.u32(mask);
  }
}

export function encodeTable(cases: readonly ConformanceCase[]): Uint8Array {
  const writer = new Writer();
  writer.u8(...MAGIC);
  writer.u16(cases.length);
  writer.u16(0);
  for (const name of registerNames) writer.u32(presetOf(name));
  const text = new TextEncoder();
  for (const each of cases) {
    const id = text.encode(each.id);
    writer.u8(id.length, ...id, each.ring);
    writer.u16(each.steps.length);
    for (const step of each.steps) writeStep(writer, step);
  }
  return Uint8Array.from(writer.bytes);
}
