/** The state in which a loader starts its program. */
import { Efer } from "./control-bits.ts";
import type { SegmentRegister } from "./segment.ts";
import type { Vcpu } from "./vcpu.ts";

/** What differs from the state after reset; loaders' entry records fit. */
export interface EntryState {
  readonly rip: bigint;
  readonly rflags: bigint;
  /** By encoding number; absent ones are zero. */
  readonly registers: Readonly<Partial<Record<number, bigint>>>;
  readonly cr0: bigint;
  readonly cr3: bigint;
  readonly cr4: bigint;
  /** LMA follows from LME and CR0.PG. */
  readonly efer: bigint;
  readonly code: SegmentRegister;
  /** SS, DS, ES, FS and GS alike. */
  readonly data: SegmentRegister;
  readonly gdt: { readonly base: bigint; readonly limit: number };
}

const CR0_PG = 1n << 31n;

/** Resets and loads. Throws a RangeError when control registers do not go together: a defect of the loader, not of a guest. */
export function loadEntryState(vcpu: Vcpu, entry: EntryState): void {
  vcpu.reset();
  for (let n = 0; n < 16; n++) vcpu.writeRegister(n, entry.registers[n] ?? 0n);
  vcpu.setTable("gdtr", entry.gdt);
  for (const name of ["ss", "ds", "es", "fs", "gs"] as const) vcpu.setSegment(name, entry.data);
  const write = (name: "cr0" | "cr3" | "cr4" | "efer", value: bigint): void => {
    if (!vcpu.writeControl(name, value))
      throw new RangeError(`entry state: ${name} = 0x${value.toString(16)} is refused`);
  };
  write("efer", entry.efer & ~BigInt(Efer.LMA));
  write("cr4", entry.cr4);
  write("cr3", entry.cr3);
  write("cr0", entry.cr0 & ~CR0_PG);
  if ((entry.cr0 & CR0_PG) !== 0n) write("cr0", entry.cr0);
  vcpu.setSegment("cs", entry.code);
  vcpu.rflags = entry.rflags;
  vcpu.rip = entry.rip;
}
