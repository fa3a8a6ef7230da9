/** Integer arithmetic that is too long for IR rows. */
import { Vector } from "x86-lift";
import type { Cpu } from "../cpu.ts";
import { type Helper, HelperStatus } from "../helper.ts";
import { read32, read64, write32, write64 } from "./operands.ts";

const RAX = 0;
const RDX = 2;

function finishDivision(cpu: Cpu, quotient: bigint, remainder: bigint): HelperStatus {
  cpu.writeGpr(RAX, BigInt.asUintN(64, quotient));
  cpu.writeGpr(RDX, BigInt.asUintN(64, remainder));
  return HelperStatus.Continue;
}

const div128: Helper = (cpu, a) => {
  const divisor = read64(cpu, a);
  if (divisor <= cpu.readGpr(RDX)) return cpu.raise(Vector.DE);
  const dividend = (cpu.readGpr(RDX) << 64n) | cpu.readGpr(RAX);
  return finishDivision(cpu, dividend / divisor, dividend % divisor);
};

const idiv128: Helper = (cpu, a) => {
  const divisor = BigInt.asIntN(64, read64(cpu, a));
  if (divisor === 0n) return cpu.raise(Vector.DE);
  const dividend = (BigInt.asIntN(64, cpu.readGpr(RDX)) << 64n) | cpu.readGpr(RAX);
  const quotient = dividend / divisor;
  if (BigInt.asIntN(64, quotient) !== quotient) return cpu.raise(Vector.DE);
  return finishDivision(cpu, quotient, dividend % divisor);
};

/** 0x11edc6f41 without its top bit, bit-reversed. */
const CRC32C_REFLECTED = 0x82f6_3b78;

const crc32c: Helper = (cpu, a, b, _c, result, lo) => {
  let crc = read32(cpu, a);
  for (let n = 0; n < lo; n++) {
    crc ^= cpu.u8[b + n]!;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) !== 0 ? CRC32C_REFLECTED : 0);
  }
  write32(cpu, result, crc);
  return HelperStatus.Continue;
};

const pdep: Helper = (cpu, a, b, _c, result) => {
  let source = read64(cpu, a);
  let deposited = 0n;
  for (let rest = read64(cpu, b); rest !== 0n; rest &= rest - 1n) {
    if ((source & 1n) !== 0n) deposited |= rest & -rest;
    source >>= 1n;
  }
  write64(cpu, result, deposited);
  return HelperStatus.Continue;
};

const pext: Helper = (cpu, a, b, _c, result) => {
  const source = read64(cpu, a);
  let extracted = 0n;
  let at = 1n;
  for (let rest = read64(cpu, b); rest !== 0n; rest &= rest - 1n) {
    if ((source & rest & -rest) !== 0n) extracted |= at;
    at <<= 1n;
  }
  write64(cpu, result, extracted);
  return HelperStatus.Continue;
};

export const arithmeticHelpers = { div128, idiv128, crc32c, pdep, pext };
