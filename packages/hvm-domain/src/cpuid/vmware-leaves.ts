/**
 * VMware's hypervisor leaves at 0x4000_0000.
 *
 * Sources: D. Slutz, "Xen VMware tools support" patch 01 (cpuid_vmware_leaves); VMware's hypervisor CPUID interface proposal (2008).
 */
import { type CpuidLeaf, EMPTY_LEAF, signatureLeaf } from "./leaf.ts";

/** Whose leaves they are; other hypervisors that copy VMware's interface differ in these three. */
export interface HypervisorLeaves {
  /** 12 characters in EBX, ECX, EDX. Undefined: no leaves. */
  readonly signature: string | undefined;
  /** Below this virtual hardware version there are no leaves at all. */
  readonly fromHardwareVersion: number;
  /** Leaf 0x4000_0010 tells the frequencies where it reaches that far. */
  readonly maxLeaf: number;
  /** ECX of leaf 0x4000_0010: which hypercall instructions serve the backdoor. Default none: guests use the port. */
  readonly hypercallFlags?: number;
}

/** Bits of ECX of leaf 0x4000_0010. Source: Linux `arch/x86/include/asm/vmware.h`; open-vm-tools `lib/include/x86cpuid.h`. */
export const VmwareHypercallFlag = { Vmmcall: 1 << 0, Vmcall: 1 << 1 } as const;

export const vmwareLeaves: HypervisorLeaves = {
  signature: "VMwareVMware",
  fromHardwareVersion: 7,
  maxLeaf: 0x4000_0010,
};

export interface VmwareLeafInput {
  readonly leaves: HypervisorLeaves;
  readonly tscKhz: number;
  /** Local APIC bus frequency; Xen's is 100,000 kHz. */
  readonly apicBusKhz: number;
}

/** `offset` counts from 0x4000_0000; undefined outside the range. */
export function vmwareLeaf(offset: number, { leaves, tscKhz, apicBusKhz }: VmwareLeafInput): CpuidLeaf | undefined {
  if (offset > leaves.maxLeaf - 0x4000_0000 || leaves.signature === undefined) return undefined;
  if (offset === 0) return signatureLeaf(leaves.maxLeaf, leaves.signature);
  return offset === 0x10
    ? { eax: tscKhz >>> 0, ebx: apicBusKhz >>> 0, ecx: leaves.hypercallFlags ?? 0, edx: 0 }
    : EMPTY_LEAF;
}
