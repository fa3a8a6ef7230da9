/**
 * GET_VCPU_INFO: bit 3 says that x2APIC may be used without interrupt remapping; bit 31 would say "not implemented".
 *
 * Sources: open-vm-tools `lib/include/backdoor_def.h`; Linux `arch/x86/kernel/cpu/vmware.c`; QEMU `hw/i386/vmport.c` (bit 3 alone).
 */
import type { BackdoorCommand } from "../command.ts";

const LEGACY_X2APIC_OK = 1 << 3;

export const getVcpuInfo: BackdoorCommand = {
  number: 68,
  outputs: ["eax"],
  handle(frame, { host }) {
    frame.eax = host.legacyX2apic ? LEGACY_X2APIC_OK : 0;
  },
};
