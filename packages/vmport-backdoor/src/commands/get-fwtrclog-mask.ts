/**
 * GET_FWTRCLOG_MASK: which parts of the firmware write a trace. None.
 *
 * Source: open-vm-tools `lib/include/backdoor_def.h`.
 */
import type { BackdoorCommand } from "../command.ts";

export const getFwtrclogMask: BackdoorCommand = {
  number: 104,
  outputs: ["eax"],
  handle(frame) {
    frame.eax = 0;
  },
};
