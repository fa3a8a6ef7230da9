/**
 * GETGUIOPTIONS: preferences of the console, bit 10 being "synchronize time", which may be kept by the host.
 *
 * Sources: open-vm-tools `lib/include/backdoor_def.h`; Xen series v6 04/16 (its fixed value).
 */
import type { BackdoorCommand } from "../command.ts";
import { GuiOption } from "../gui-options.ts";

export const getGuiOptions: BackdoorCommand = {
  number: 13,
  outputs: ["eax"],
  handle(frame, { host, state }) {
    const synchronize = host.timeSync?.enabled === true ? GuiOption.SyncTime : 0;
    frame.eax = state.guiOptions | synchronize;
  },
};
