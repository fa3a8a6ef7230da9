/**
 * SETGUIOPTIONS: EBX replaces the preferences. Undefined bits are dropped.
 *
 * Sources: open-vm-tools `lib/include/backdoor_def.h`; Xen series v6 04/16 (answers 0 and stores nothing).
 */
import type { BackdoorCommand } from "../command.ts";
import { GUI_OPTION_MASK } from "../gui-options.ts";

export const setGuiOptions: BackdoorCommand = {
  number: 14,
  outputs: ["eax"],
  handle(frame, { personality, state }) {
    if (personality.quirks.guiOptionsStored) state.guiOptions = frame.ebx & GUI_OPTION_MASK;
    frame.eax = 0;
  },
};
