/**
 * Reading and writing lanes of 128-bit slots by absolute byte offset. Writers compute every lane before they store
 * one, so that a result may be the slot of an operand.
 */
import type { Cpu } from "../../cpu.ts";

/**
 * One lane-wise operation of x86-lift on slots. a, b, c: byte offsets of operands (unused ones are ignored);
 * imm: the row's immediate; result: where 16, 8 or 4 bytes go (booleans: 0 or 1 as 4 bytes).
 */
export type SimdEvaluator = (cpu: Cpu, a: number, b: number, c: number, imm: number, result: number) => void;

export const u8 = (cpu: Cpu, at: number, lane: number): number => cpu.u8[at + lane]!;
export const i8 = (cpu: Cpu, at: number, lane: number): number => (cpu.u8[at + lane]! << 24) >> 24;
export const u16 = (cpu: Cpu, at: number, lane: number): number => cpu.u16[(at >>> 1) + lane]!;
export const i16 = (cpu: Cpu, at: number, lane: number): number => (cpu.u16[(at >>> 1) + lane]! << 16) >> 16;
export const u32 = (cpu: Cpu, at: number, lane: number): number => cpu.u32[(at >>> 2) + lane]!;
export const i32 = (cpu: Cpu, at: number, lane: number): number => cpu.i32[(at >>> 2) + lane]!;
export const u64 = (cpu: Cpu, at: number, lane: number): bigint => cpu.u64[(at >>> 3) + lane]!;
export const i64 = (cpu: Cpu, at: number, lane: number): bigint => BigInt.asIntN(64, cpu.u64[(at >>> 3) + lane]!);

function store(cpu: Cpu, at: number, w0: number, w1: number, w2: number, w3: number): void {
  const { i32: words } = cpu;
  words[at >>> 2] = w0;
  words[(at >>> 2) + 1] = w1;
  words[(at >>> 2) + 2] = w2;
  words[(at >>> 2) + 3] = w3;
}

type LaneFunction = (lane: number) => number;

const bytes = (f: LaneFunction, at: number): number =>
  (f(at) & 0xff) | ((f(at + 1) & 0xff) << 8) | ((f(at + 2) & 0xff) << 16) | (f(at + 3) << 24);
const words = (f: LaneFunction, at: number): number => (f(at) & 0xffff) | (f(at + 1) << 16);

/** Sets 16 lanes from the low 8 bits of what `f` gives for each. */
export function setI8x16(cpu: Cpu, result: number, f: LaneFunction): void {
  store(cpu, result, bytes(f, 0), bytes(f, 4), bytes(f, 8), bytes(f, 12));
}

export function setI16x8(cpu: Cpu, result: number, f: LaneFunction): void {
  store(cpu, result, words(f, 0), words(f, 2), words(f, 4), words(f, 6));
}

export function setI32x4(cpu: Cpu, result: number, f: LaneFunction): void {
  store(cpu, result, f(0), f(1), f(2), f(3));
}

/** Lanes are taken modulo 2^64. */
export function setI64x2(cpu: Cpu, result: number, f: (lane: number) => bigint): void {
  const low = BigInt.asUintN(64, f(0));
  const high = BigInt.asUintN(64, f(1));
  cpu.u64[result >>> 3] = low;
  cpu.u64[(result >>> 3) + 1] = high;
}

export const clampI8 = (value: number): number => Math.max(-0x80, Math.min(0x7f, value));
export const clampU8 = (value: number): number => Math.max(0, Math.min(0xff, value));
export const clampI16 = (value: number): number => Math.max(-0x8000, Math.min(0x7fff, value));
export const clampU16 = (value: number): number => Math.max(0, Math.min(0xffff, value));
