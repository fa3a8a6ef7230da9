/**
 * GETMHZ: speed of the vcpu in MHz. Guests take 0, the magic and all ones for failure.
 *
 * Sources: open-vm-tools `lib/include/backdoor_def.h`; Xen series v6 04/16 (EBX) and v14 (EBX untouched).
 */
import type { BackdoorCommand } from "../command.ts";
import { BDOOR_MAGIC } from "../protocol/constants.ts";

export const getMhz: BackdoorCommand = {
  number: 1,
  outputs: ["eax", "ebx"],
  handle(frame, { host, personality }) {
    frame.eax = Math.floor(host.tscKhz / 1000) >>> 0;
    if (personality.quirks.mhzEchoesMagic) frame.ebx = BDOOR_MAGIC;
  },
};
