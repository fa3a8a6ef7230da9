import type { BackdoorRegisters } from "../src/registers.ts";

/** A register file of sixteen plain 64-bit values. */
export class PlainRegisters implements BackdoorRegisters {
  readonly values: bigint[] = new Array<bigint>(16).fill(0n);
  cpl: number;
  rip = 0x40_1000n;
  vcpuId = 0;

  constructor(
    values: Partial<Record<"rax" | "rcx" | "rdx" | "rbx" | "rsp" | "rbp" | "rsi" | "rdi", bigint | number>>,
    cpl = 0,
  ) {
    this.cpl = cpl;
    const names = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"] as const;
    for (const [index, name] of names.entries()) this.values[index] = BigInt.asUintN(64, BigInt(values[name] ?? 0));
  }

  readRegister32(index: number): number {
    return Number((this.values[index] as bigint) & 0xffff_ffffn);
  }

  writeRegister32(index: number, value: number): void {
    if (value < 0 || value > 0xffff_ffff || !Number.isInteger(value)) throw new Error(`register ${index} = ${value}`);
    this.values[index] = ((this.values[index] as bigint) & ~0xffff_ffffn) | BigInt(value);
  }

  readRegister64(index: number): bigint {
    return this.values[index] as bigint;
  }

  writeRegister64(index: number, value: bigint): void {
    this.values[index] = BigInt.asUintN(64, value);
  }

  /** `rax=… rcx=…` in hex, for messages. */
  toString(): string {
    return ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"]
      .map((name, i) => `${name}=${this.values[i]?.toString(16)}`)
      .join(" ");
  }
}
