import type { GuestMemory } from "guest-memory";
import { Gpr, type ProcessVcpu } from "../src/vcpu.ts";

interface Table {
  readonly base: bigint;
  readonly limit: number;
}

/**
 * What ProcessVcpu promises and nothing more: registers, a page walk (SDM vol. 3 §5.5.4), and ring transitions as far as
 * the stubs need them: interrupt gates (§7.12), the TSS's RSP0 (§9.7), SYSCALL (vol. 2). It executes no instruction but
 * the stubs' PUSH imm8.
 */
export class FakeVcpu implements ProcessVcpu {
  readonly memory: GuestMemory;
  readonly registers = new BigUint64Array(16);
  rip = 0n;
  rflags = 2n;
  cr2 = 0n;
  readonly controls = { cr0: 0n, cr3: 0n, cr4: 0n, efer: 0n };
  readonly segments = new Map<string, { selector: number; base: bigint; limit: number; attributes: number }>();
  readonly tables: { gdtr: Table; idtr: Table } = { gdtr: { base: 0n, limit: 0 }, idtr: { base: 0n, limit: 0 } };
  readonly msrs = new Map<number, bigint>();
  fx: Uint8Array = new Uint8Array(512);
  flushes = 0;

  constructor(memory: GuestMemory) {
    this.memory = memory;
  }

  readRegister(index: number): bigint {
    return this.registers[index]!;
  }
  writeRegister(index: number, value: bigint): void {
    this.registers[index] = value;
  }
  writeControl(name: "cr0" | "cr3" | "cr4" | "efer", value: bigint): boolean {
    this.controls[name] = value;
    return true;
  }
  setSegment(name: string, value: { selector: number; base: bigint; limit: number; attributes: number }): void {
    this.segments.set(name, value);
  }
  segment(name: string): { selector: number; base: bigint; limit: number; attributes: number } {
    return this.segments.get(name) ?? { selector: 0, base: 0n, limit: 0, attributes: 0x1_0000 };
  }
  setTable(name: "gdtr" | "idtr", table: Table): void {
    this.tables[name] = table;
  }
  readMsr(index: number): bigint {
    return this.msrs.get(index) ?? 0n;
  }
  writeMsr(index: number, value: bigint): boolean {
    this.msrs.set(index, value);
    return true;
  }
  flushTlb(): void {
    this.flushes++;
  }
  readFxState(): Uint8Array {
    return this.fx.slice();
  }
  writeFxState(bytes: Uint8Array): void {
    this.fx = bytes.slice();
  }

  /** The last-level entry for a linear address, 0 if a level is not present. */
  entry(linear: bigint): bigint {
    let table = this.controls.cr3;
    for (const shift of [39n, 30n, 21n, 12n]) {
      const entry =
        this.memory.readU64(Number(table & 0xf_ffff_ffff_f000n) + Number((linear >> shift) & 511n) * 8) ?? 0n;
      if (!(entry & 1n)) return 0n;
      table = entry;
    }
    return table;
  }

  physical(linear: bigint): number {
    const entry = this.entry(linear);
    if (!entry) throw new Error(`0x${linear.toString(16)} is not mapped`);
    return Number((entry & 0xf_ffff_ffff_f000n) | (linear & 0xfffn));
  }

  readU64(linear: bigint): bigint {
    return this.memory.readU64(this.physical(linear))!;
  }

  private push(value: bigint): void {
    this.registers[Gpr.RSP]! -= 8n;
    this.memory.writeU64(this.physical(this.registers[Gpr.RSP]!), value);
  }

  /** As the processor enters an interrupt gate from ring 3, up to the stub's VMCALL. */
  raise(vector: number, errorCode?: bigint): void {
    const gate = this.readU64(this.tables.idtr.base + BigInt(vector * 16));
    const high = this.readU64(this.tables.idtr.base + BigInt(vector * 16 + 8));
    if (!((gate >> 47n) & 1n)) throw new Error(`vector ${vector}: gate not present`);
    const tss = this.segments.get("tr")!.base;
    const rsp0 = this.memory.readU64(this.physical(tss + 4n))!;
    const { rip, rflags } = this;
    const rsp = this.registers[Gpr.RSP]!;
    this.registers[Gpr.RSP] = rsp0 & ~15n;
    const words = [
      BigInt(this.segments.get("ss")!.selector),
      rsp,
      rflags,
      BigInt(this.segments.get("cs")!.selector),
      rip,
    ];
    for (const word of words) this.push(word);
    if (errorCode !== undefined) this.push(errorCode);
    this.rip = (gate & 0xffffn) | (((gate >> 48n) & 0xffffn) << 16n) | ((high & 0xffff_ffffn) << 32n);
    for (;;) {
      const at = this.physical(this.rip);
      if (this.memory.readU8(at) !== 0x6a) break;
      this.push(BigInt(this.memory.readU8(at + 1)!));
      this.rip += 2n;
    }
  }

  /** As SYSCALL: RCX and R11 take RIP and RFLAGS, LSTAR is next. */
  syscall(): void {
    this.registers[Gpr.RCX] = this.rip + 2n;
    this.registers[Gpr.R11] = this.rflags;
    this.rip = this.readMsr(0xc000_0082);
    this.rflags &= ~this.readMsr(0xc000_0084);
  }
}
