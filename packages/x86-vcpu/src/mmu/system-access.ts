/**
 * Implicit supervisor accesses: descriptor tables, TSS, interrupt stacks. Whatever the CPL, they are made with
 * supervisor rights and without SMAP's override. Where no memory is, reads give all ones and writes are lost: these
 * structures belong in RAM, and an event in mid-delivery cannot wait for a device.
 *
 * Readers return undefined when the access faulted; the exception is then pending (`HelperStatus.Fault`).
 */
import { MemoryFlag } from "x86-lift";
import type { Cpu } from "../cpu.ts";
import { HelperStatus } from "../helper.ts";
import { StateOffset } from "../state-layout.ts";
import { TlbContext } from "../tlb.ts";

/** Halves of a bigint through one buffer: no intermediate bigints, which cost more than everything around them. */
const whole = new BigUint64Array(1);
const halves = new Int32Array(whole.buffer);

/** Bits 31:0, signed. */
export function low32(v: bigint): number {
  whole[0] = v;
  return halves[0]!;
}

/** Bits 63:32, signed. */
export function high32(v: bigint): number {
  whole[0] = v;
  return halves[1]!;
}

function load(cpu: Cpu, linear: bigint, bytes: number): boolean {
  const scratch = cpu.base + StateOffset.scratch;
  return cpu.loadLinear(low32(linear), high32(linear), bytes, MemoryFlag.Supervisor, scratch) === HelperStatus.Continue;
}

export function readSystem16(cpu: Cpu, linear: bigint): number | undefined {
  return load(cpu, linear, 2) ? cpu.get16(StateOffset.scratch) : undefined;
}

/** The same at `offset` from a linear address in a u64 field of the state block. */
export function readSystem16At(cpu: Cpu, field: number, offset: number): number | undefined {
  const at = (cpu.base + field) >>> 2;
  const sum = cpu.u32[at]! + offset;
  const high = (cpu.i32[at + 1]! + (sum > 0xffff_ffff ? 1 : 0)) | 0;
  // The I/O bitmap is asked at every port instruction of ring 3.
  const host = (sum & 0xfff) === 0xfff ? -1 : cpu.tlb.lookup(cpu.tlb.readTable(TlbContext.Supervisor), sum | 0, high);
  if (host >= 0) return cpu.u8[host]! | (cpu.u8[host + 1]! << 8);
  const scratch = cpu.base + StateOffset.scratch;
  const status = cpu.loadLinear(sum | 0, high, 2, MemoryFlag.Supervisor, scratch);
  return status === HelperStatus.Continue ? cpu.get16(StateOffset.scratch) : undefined;
}

export function readSystem32(cpu: Cpu, linear: bigint): number | undefined {
  return load(cpu, linear, 4) ? cpu.get32(StateOffset.scratch) : undefined;
}

export function readSystem64(cpu: Cpu, linear: bigint): bigint | undefined {
  return load(cpu, linear, 8) ? cpu.get64(StateOffset.scratch) : undefined;
}

/** bytes: 1, 2, 4 or 8. False: faulted. */
export function writeSystem(cpu: Cpu, linear: bigint, bytes: number, value: bigint): boolean {
  const scratch = StateOffset.scratch;
  cpu.set64(scratch, value);
  return (
    cpu.storeLinear(low32(linear), high32(linear), bytes, MemoryFlag.Supervisor, cpu.base + scratch) ===
    HelperStatus.Continue
  );
}
