/**
 * GETVERSION: the probe everybody starts with. EBX = magic proves that somebody answered; ECX names the product.
 *
 * Sources: open-vm-tools `lib/include/backdoor_def.h`, `lib/vmCheck/vmcheck.c`; QEMU `hw/i386/vmport.c` (ECX by machine type).
 */
import type { BackdoorCommand } from "../command.ts";
import { BDOOR_MAGIC, BDOOR_VERSION } from "../protocol/constants.ts";

export const getVersion: BackdoorCommand = {
  number: 10,
  outputs: ["eax", "ebx", "ecx"],
  handle(frame, { personality }) {
    frame.eax = BDOOR_VERSION;
    frame.ebx = BDOOR_MAGIC;
    if (personality.vmxType !== undefined) frame.ecx = personality.vmxType;
  },
};
