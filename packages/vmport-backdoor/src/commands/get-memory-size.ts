/**
 * GETMEMSIZE: RAM in megabytes on VMware; QEMU answers bytes, cut to 32 bits, and a mark in EBX.
 *
 * Sources: K. Kato, "VMware Backdoor I/O Port"; D. Slutz, QEMU `hw/misc/vmport_rpc.c` series (megabytes on ESXi); QEMU `hw/i386/vmport.c`.
 */
import type { BackdoorCommand } from "../command.ts";

export const getMemorySize: BackdoorCommand = {
  number: 20,
  outputs: ["eax", "ebx"],
  handle(frame, { host, personality }) {
    if (personality.quirks.memorySize === "megabytes") {
      frame.eax = host.memoryMb >>> 0;
    } else {
      frame.eax = (host.memoryMb * 0x10_0000) >>> 0;
      frame.ebx = 0x1177;
    }
  },
};
