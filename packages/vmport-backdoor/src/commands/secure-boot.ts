/**
 * SECUREBOOT: all ones, secure boot is off.
 *
 * Source: open-vm-tools `lib/include/backdoor_def.h`.
 */
import type { BackdoorCommand } from "../command.ts";
import { ALL_ONES } from "../protocol/constants.ts";

export const secureBoot: BackdoorCommand = {
  number: 89,
  outputs: ["eax"],
  handle(frame) {
    frame.eax = ALL_ONES;
  },
};
