/**
 * KVM with `enable_vmware_backdoor=Y` and QEMU's vmport behind it: KVM opens the port and the pseudo counters to ring 3, QEMU answers.
 *
 * Sources: Linux `arch/x86/kvm/x86.c`, `pmu.c`; kvm-unit-tests `x86/vmware_backdoors.c`.
 */
import type { Personality } from "../personality.ts";
import { qemu } from "./qemu.ts";

export const kvm: Personality = {
  ...qemu,
  name: "kvm",
  title: "KVM enable_vmware_backdoor with QEMU vmport",
  ring3: true,
  ring3Accepts: "any",
  pseudoPmc: true,
  cpuid: { signature: "KVMKVMKVM\0\0\0", fromHardwareVersion: 0, maxLeaf: 0x4000_0001 },
};
