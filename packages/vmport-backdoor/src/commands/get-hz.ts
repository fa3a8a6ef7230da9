/**
 * GETHZ: TSC frequency in EBX:EAX, APIC bus frequency in ECX. Guests preset EBX to all ones and test only that: failure is EBX all ones
 * with EAX still the magic. The product is computed wide, then each half is cut to 32 bits.
 *
 * Sources: Linux `arch/x86/kernel/cpu/vmware.c`; QEMU `hw/i386/vmport.c` (unknown frequencies); review of the Xen series (low
 * 32 bits said and meant, widening before the multiplication).
 */
import type { BackdoorCommand } from "../command.ts";
import { ALL_ONES } from "../protocol/constants.ts";

export const getHz: BackdoorCommand = {
  number: 45,
  outputs: ["eax", "ebx", "ecx"],
  handle(frame, { host }) {
    if (host.tscKhz === 0 || host.apicBusHz === 0) {
      frame.ebx = ALL_ONES;
      return;
    }
    const hz = host.tscKhz * 1000;
    frame.eax = hz >>> 0;
    frame.ebx = Math.floor(hz / 2 ** 32) >>> 0;
    frame.ecx = host.apicBusHz >>> 0;
  },
};
