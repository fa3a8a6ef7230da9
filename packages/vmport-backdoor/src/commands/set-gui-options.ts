/**
 * SETGUIOPTIONS: EBX replaces the preferences. Undefined bits are dropped; bit 10 goes to the host if it keeps that setting.
 *
 * Sources: open-vm-tools `lib/include/backdoor_def.h`; Xen series v6 04/16 (answers 0 and stores nothing).
 */
import type { BackdoorCommand } from "../command.ts";
import { GUI_OPTION_MASK, GuiOption } from "../gui-options.ts";

export const setGuiOptions: BackdoorCommand = {
  number: 14,
  outputs: ["eax"],
  handle(frame, { host, personality, state }) {
    if (personality.quirks.guiOptionsStored) {
      const kept = host.timeSync === undefined ? 0 : GuiOption.SyncTime;
      state.guiOptions = frame.ebx & GUI_OPTION_MASK & ~kept;
      if (host.timeSync !== undefined) host.timeSync.enabled = (frame.ebx & GuiOption.SyncTime) !== 0;
    }
    frame.eax = 0;
  },
};
