/**
 * The leaves of Microsoft's hypervisor interface, with no enlightenment offered: a guest sees who is there and that it
 * may use nothing.
 *
 * Sources: Hypervisor Top-Level Functional Specification, chapter "Feature and Interface Discovery"; Xen
 * `xen/arch/x86/hvm/viridian.c` of September 2014 (range 0x4000_0000 to 0x4000_0006).
 */
import { asciiRegister, type CpuidLeaf, EMPTY_LEAF, signatureLeaf } from "./leaf.ts";

const MAX_LEAF = 0x4000_0006;

/** `offset` counts from 0x4000_0000; undefined outside the range. */
export function viridianLeaf(offset: number): CpuidLeaf | undefined {
  if (offset > MAX_LEAF - 0x4000_0000) return undefined;
  if (offset === 0) return signatureLeaf(MAX_LEAF, "Microsoft Hv");
  return offset === 1 ? { ...EMPTY_LEAF, eax: asciiRegister("Hv#1") } : EMPTY_LEAF;
}
