/**
 * Xen's own leaves, at 0x4000_0000, or at 0x4000_0100 when somebody else's are there.
 *
 * Sources: Xen `xen/include/public/arch-x86/cpuid.h` and `xen/arch/x86/traps.c` cpuid_hypervisor_leaves of September 2014;
 * D. Slutz, "Xen VMware tools support" patch 01 (the shifted bases, leaf 2 reports the shifted MSR).
 */
import { type CpuidLeaf, EMPTY_LEAF, signatureLeaf } from "./leaf.ts";

const MAX_OFFSET = 4;

export interface XenLeafInput {
  /** 0x4000_0000 or 0x4000_0100. */
  readonly base: number;
  /** Index of the MSR that places the hypercall page. */
  readonly hypercallMsr: number;
  readonly version: { readonly major: number; readonly minor: number };
  readonly tscKhz: number;
}

/** Hypercall pages: one. */
const HYPERCALL_PAGES = 1;

/** `offset` counts from `base`; undefined outside the range. */
export function xenLeaf(offset: number, subleaf: number, input: XenLeafInput): CpuidLeaf | undefined {
  if (offset > MAX_OFFSET) return undefined;
  return leaves[offset]?.(input, subleaf) ?? EMPTY_LEAF;
}

const leaves: Readonly<Record<number, (input: XenLeafInput, subleaf: number) => CpuidLeaf>> = {
  0: ({ base }) => signatureLeaf(base + MAX_OFFSET, "XenVMMXenVMM"),
  1: ({ version }) => ({ ...EMPTY_LEAF, eax: ((version.major << 16) | version.minor) >>> 0 }),
  2: ({ hypercallMsr }) => ({ ...EMPTY_LEAF, eax: HYPERCALL_PAGES, ebx: hypercallMsr }),
  // Time: subleaf 0 tells the guest's TSC frequency, subleaf 2 the host's.
  3: ({ tscKhz }, subleaf) =>
    subleaf === 0
      ? { ...EMPTY_LEAF, ecx: tscKhz >>> 0 }
      : subleaf === 2
        ? { ...EMPTY_LEAF, eax: tscKhz >>> 0 }
        : EMPTY_LEAF,
};
