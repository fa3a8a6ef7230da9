/**
 * GETHWVERSION: the virtual hardware version; 4 if none was configured, the oldest that has the command.
 *
 * Sources: open-vm-tools `lib/vmCheck/vmcheck.c` (wants EBX = magic); Xen series v6 04/16 (4 when unset, EBX untouched).
 */
import type { BackdoorCommand } from "../command.ts";
import { BDOOR_MAGIC } from "../protocol/constants.ts";

const UNSET_HARDWARE_VERSION = 4;

export const getHardwareVersion: BackdoorCommand = {
  number: 17,
  outputs: ["eax", "ebx"],
  handle(frame, { host, personality }) {
    frame.eax = host.hardwareVersion === 0 ? UNSET_HARDWARE_VERSION : host.hardwareVersion >>> 0;
    if (personality.quirks.hardwareVersionEchoesMagic) frame.ebx = BDOOR_MAGIC;
  },
};
