/**
 * CHECKFORCEBIOSSETUP: 1 if the firmware is to open its setup now, else 0. CPL 0 only.
 *
 * Source: open-vm-tools `lib/include/backdoor_def.h`.
 */
import type { BackdoorCommand } from "../command.ts";

export const checkForceBiosSetup: BackdoorCommand = {
  number: 48,
  outputs: ["eax"],
  handle(frame, { host }) {
    frame.eax = host.forceFirmwareSetup === true ? 1 : 0;
  },
};
