/**
 * Model-specific registers that the processor leaves to the hypervisor. One the table does not have raises #GP(0).
 *
 * Sources: Intel SDM vol. 4, table 2-2 (architectural MSRs).
 */
import type { HvmVcpu } from "./vcpu.ts";

export interface MsrHandler {
  readonly name: string;
  /** Undefined raises #GP(0). */
  read(vcpu: HvmVcpu): bigint | undefined;
  /** False raises #GP(0). */
  write(vcpu: HvmVcpu, value: bigint): boolean;
}

/** `constant`: reads so; writing is ignored or refused. `storage`: per vCPU, starts at `value`, writing bits outside `mask` is refused. */
interface MsrRow {
  readonly name: string;
  readonly first: number;
  readonly count?: number;
  readonly kind: "constant" | "ignored" | "storage";
  readonly value?: bigint;
  readonly mask?: bigint;
}

const ALL = 0xffff_ffff_ffff_ffffn;

/**
 * IA32_ARCH_CAPABILITIES: not affected by Meltdown (0), L1TF flushes needless (3), store bypass (4), MDS (5), page size
 * change (6), TSX abort (8). True of a processor that does not speculate.
 */
const NOT_AFFECTED = (1n << 0n) | (1n << 3n) | (1n << 4n) | (1n << 5n) | (1n << 6n) | (1n << 8n);
/** Eight variable ranges (7:0), fixed ranges (8), write-combining (10). */
const MTRR_CAPABILITIES = 8n | (1n << 8n) | (1n << 10n);
/** All memory write-back (6), MTRRs enabled (11). */
const MTRR_DEFAULT = 6n | (1n << 11n);
const WRITE_BACK_EIGHT_TIMES = 0x0606_0606_0606_0606n;

export const msrRows: readonly MsrRow[] = [
  { name: "IA32_PLATFORM_ID", first: 0x17, kind: "constant" },
  { name: "IA32_FEATURE_CONTROL", first: 0x3a, kind: "constant", value: 1n },
  { name: "IA32_BIOS_UPDT_TRIG", first: 0x79, kind: "ignored" },
  { name: "IA32_BIOS_SIGN_ID", first: 0x8b, kind: "ignored" },
  { name: "MSR_PLATFORM_INFO", first: 0xce, kind: "constant" },
  { name: "IA32_MTRRCAP", first: 0xfe, kind: "constant", value: MTRR_CAPABILITIES },
  { name: "IA32_ARCH_CAPABILITIES", first: 0x10a, kind: "constant", value: NOT_AFFECTED },
  { name: "IA32_MCG_CAP", first: 0x179, kind: "constant" },
  { name: "IA32_MCG_STATUS", first: 0x17a, kind: "storage", mask: 7n },
  { name: "IA32_PERF_STATUS", first: 0x198, kind: "constant" },
  { name: "IA32_PERF_CTL", first: 0x199, kind: "ignored" },
  { name: "IA32_THERM_STATUS", first: 0x19c, kind: "ignored" },
  { name: "IA32_MTRR_PHYSBASE/MASK", first: 0x200, count: 16, kind: "storage" },
  { name: "IA32_MTRR_FIX64K", first: 0x250, kind: "storage", value: WRITE_BACK_EIGHT_TIMES },
  { name: "IA32_MTRR_FIX16K", first: 0x258, count: 2, kind: "storage", value: WRITE_BACK_EIGHT_TIMES },
  { name: "IA32_MTRR_FIX4K", first: 0x268, count: 8, kind: "storage", value: WRITE_BACK_EIGHT_TIMES },
  { name: "IA32_MTRR_DEF_TYPE", first: 0x2ff, kind: "storage", value: MTRR_DEFAULT, mask: 0xcffn },
];

/** Values by vCPU and index, of storage rows that were written. */
export interface MsrState {
  readonly values: readonly { readonly vcpuId: number; readonly index: number; readonly value: bigint }[];
}

export class MsrTable {
  readonly #handlers = new Map<number, MsrHandler>();
  readonly #stored = new Map<string, { readonly vcpuId: number; readonly index: number; readonly value: bigint }>();

  constructor() {
    for (const row of msrRows) {
      for (let index = row.first; index < row.first + (row.count ?? 1); index++) {
        this.#handlers.set(index, this.#rowHandler(row, index));
      }
    }
  }

  /** A later registration replaces an earlier one, the table's own included. */
  register(index: number, handler: MsrHandler): void {
    this.#handlers.set(index, handler);
  }

  read(vcpu: HvmVcpu, index: number): bigint | undefined {
    return this.#handlers.get(index)?.read(vcpu);
  }

  write(vcpu: HvmVcpu, index: number, value: bigint): boolean {
    return this.#handlers.get(index)?.write(vcpu, value) ?? false;
  }

  save(): MsrState {
    return { values: [...this.#stored.values()] };
  }

  load(state: MsrState): void {
    this.#stored.clear();
    for (const entry of state.values) this.#stored.set(keyOf(entry.vcpuId, entry.index), entry);
  }

  #rowHandler({ name, kind, value = 0n, mask = ALL }: MsrRow, index: number): MsrHandler {
    if (kind !== "storage") return { name, read: () => value, write: () => kind === "ignored" };
    return {
      name,
      read: (vcpu) => this.#stored.get(keyOf(vcpu.id, index))?.value ?? value,
      write: (vcpu, written) => {
        if ((written & ~mask) !== 0n) return false;
        this.#stored.set(keyOf(vcpu.id, index), { vcpuId: vcpu.id, index, value: written });
        return true;
      },
    };
  }
}

const keyOf = (vcpuId: number, index: number): string => `${vcpuId}.${index}`;
