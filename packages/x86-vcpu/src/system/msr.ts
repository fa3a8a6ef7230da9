/**
 * The model-specific registers that are part of the processor itself (SDM vol. 4, table 2-2; APM vol. 2 appendix A).
 * All others leave to the hypervisor.
 */
import type { Cpu } from "../cpu.ts";
import { SegmentIndex, segmentBaseOffset } from "../segment.ts";
import { StateOffset } from "../state-layout.ts";
import { isCanonicalAddress, writeEfer } from "./control-registers.ts";

interface Msr {
  readonly name: string;
  read(cpu: Cpu): bigint;
  /** False: #GP(0). */
  write(cpu: Cpu, value: bigint): boolean;
}

/** 64 bits of state; `legal` decides what may be written. */
const plain = (name: string, offset: number, legal: (cpu: Cpu, value: bigint) => boolean = () => true): Msr => ({
  name,
  read: (cpu) => cpu.get64(offset),
  write(cpu, value) {
    if (!legal(cpu, value)) return false;
    cpu.set64(offset, value);
    return true;
  },
});
const address = (name: string, offset: number): Msr => plain(name, offset, isCanonicalAddress);
/** Reads a constant; writes are ignored (BIOS_SIGN_ID is written before CPUID) or refused. */
const constant = (name: string, value: bigint, ignoreWrites: boolean): Msr => ({
  name,
  read: () => value,
  write: () => ignoreWrites,
});

/** Memory types that PAT and MTRRs may hold: UC, WC, WT, WP, WB; PAT also UC−. */
const isMemoryType = (type: bigint): boolean => type <= 1n || (type >= 4n && type <= 6n);
const areMemoryTypes = (value: bigint, pat: boolean): boolean => {
  for (let n = 0n; n < 64n; n += 8n) {
    const type = (value >> n) & 0xffn;
    if (!isMemoryType(type) && !(pat && type === 7n)) return false;
  }
  return true;
};

const variableRanges = 8;
const fixedRanges: readonly number[] = [0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f];

/** MTRRs are kept for the guest to read back; memory has one type here. */
const mtrr = (name: string, index: number, legal: (cpu: Cpu, value: bigint) => boolean): Msr => ({
  name,
  read: (cpu) => cpu.mtrrs.get(index) ?? 0n,
  write(cpu, value) {
    if (!legal(cpu, value)) return false;
    cpu.mtrrs.set(index, value);
    return true;
  },
});
const fitsPhysical = (cpu: Cpu, value: bigint): boolean => value >> BigInt(cpu.physicalAddressBits) === 0n;

const rows: readonly (readonly [index: number, msr: Msr])[] = [
  [
    0x10,
    {
      name: "IA32_TIME_STAMP_COUNTER",
      read: (cpu) => cpu.timeStampCounter,
      write(cpu, value) {
        cpu.set64(StateOffset.tscOffset, BigInt.asUintN(64, value - cpu.readTsc(cpu.retired)));
        return true;
      },
    },
  ],
  [0x1b, plain("IA32_APIC_BASE", StateOffset.apicBase, (cpu, v) => fitsPhysical(cpu, v) && (v & 0x2ffn) === 0n)],
  [0x3a, constant("IA32_FEATURE_CONTROL", 1n, false)],
  [0x8b, constant("IA32_BIOS_SIGN_ID", 0n, true)],
  // Eight variable ranges, fixed ranges, write-combining.
  [0xfe, constant("IA32_MTRRCAP", 0x500n | BigInt(variableRanges), false)],
  [0x174, plain("IA32_SYSENTER_CS", StateOffset.sysenterCs)],
  [0x175, address("IA32_SYSENTER_ESP", StateOffset.sysenterEsp)],
  [0x176, address("IA32_SYSENTER_EIP", StateOffset.sysenterEip)],
  [0x179, constant("IA32_MCG_CAP", 0n, false)],
  [0x17a, constant("IA32_MCG_STATUS", 0n, true)],
  [0x1a0, plain("IA32_MISC_ENABLE", StateOffset.miscEnable)],
  [0x277, plain("IA32_PAT", StateOffset.pat, (_cpu, v) => areMemoryTypes(v, true))],
  [0x2ff, mtrr("IA32_MTRR_DEF_TYPE", 0x2ff, (_cpu, v) => (v & ~0xcffn) === 0n && isMemoryType(v & 0xffn))],
  ...fixedRanges.map((index) => [index, mtrr("IA32_MTRR_FIX", index, (_cpu, v) => areMemoryTypes(v, false))] as const),
  ...Array.from({ length: variableRanges }, (_, n) => n).flatMap(
    (n) =>
      [
        [
          0x200 + n * 2,
          mtrr("IA32_MTRR_PHYSBASE", 0x200 + n * 2, (cpu, v) => fitsPhysical(cpu, v) && isMemoryType(v & 0xfffn)),
        ],
        [
          0x201 + n * 2,
          mtrr("IA32_MTRR_PHYSMASK", 0x201 + n * 2, (cpu, v) => fitsPhysical(cpu, v) && (v & 0x7ffn) === 0n),
        ],
      ] as const,
  ),
  [0xc000_0080, { name: "IA32_EFER", read: (cpu) => cpu.get64(StateOffset.efer), write: writeEfer }],
  [0xc000_0081, plain("IA32_STAR", StateOffset.star)],
  [0xc000_0082, address("IA32_LSTAR", StateOffset.lstar)],
  [0xc000_0083, address("IA32_CSTAR", StateOffset.cstar)],
  [0xc000_0084, plain("IA32_FMASK", StateOffset.sfmask, (_cpu, v) => v >> 32n === 0n)],
  [0xc000_0100, address("IA32_FS_BASE", segmentBaseOffset(SegmentIndex.FS))],
  [0xc000_0101, address("IA32_GS_BASE", segmentBaseOffset(SegmentIndex.GS))],
  [0xc000_0102, address("IA32_KERNEL_GS_BASE", StateOffset.kernelGsBase)],
  [
    0xc000_0103,
    {
      name: "IA32_TSC_AUX",
      read: (cpu) => BigInt(cpu.get32(StateOffset.tscAux)),
      write(cpu, value) {
        if (value >> 32n !== 0n) return false;
        cpu.set32(StateOffset.tscAux, Number(value));
        return true;
      },
    },
  ],
];

/** By index. */
export const msrs: ReadonlyMap<number, Msr> = new Map(rows);
