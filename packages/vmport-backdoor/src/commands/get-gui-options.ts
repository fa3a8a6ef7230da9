/**
 * GETGUIOPTIONS: preferences of the console, bit 10 being "synchronize time".
 *
 * Sources: open-vm-tools `lib/include/backdoor_def.h`; Xen series v6 04/16 (its fixed value).
 */
import type { BackdoorCommand } from "../command.ts";

export const getGuiOptions: BackdoorCommand = {
  number: 13,
  outputs: ["eax"],
  handle(frame, { state }) {
    frame.eax = state.guiOptions;
  },
};
