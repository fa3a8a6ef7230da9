/**
 * VMware's hypervisor leaves at 0x4000_0000.
 *
 * Sources: D. Slutz, "Xen VMware tools support" patch 01 (cpuid_vmware_leaves); VMware's hypervisor CPUID interface proposal (2008).
 */
import { type CpuidLeaf, EMPTY_LEAF, signatureLeaf } from "./leaf.ts";

/** Below this virtual hardware version there are no leaves at all. */
export const MIN_VMWARE_CPUID_HARDWARE_VERSION = 7n;

const MAX_LEAF = 0x4000_0010;

export interface VmwareLeafInput {
  readonly tscKhz: number;
  /** Local APIC bus frequency; Xen's is 100,000 kHz. */
  readonly apicBusKhz: number;
}

/** `offset` counts from 0x4000_0000; undefined outside the range. */
export function vmwareLeaf(offset: number, { tscKhz, apicBusKhz }: VmwareLeafInput): CpuidLeaf | undefined {
  if (offset > MAX_LEAF - 0x4000_0000) return undefined;
  if (offset === 0) return signatureLeaf(MAX_LEAF, "VMwareVMware");
  return offset === 0x10 ? { eax: tscKhz >>> 0, ebx: apicBusKhz >>> 0, ecx: 0, edx: 0 } : EMPTY_LEAF;
}
