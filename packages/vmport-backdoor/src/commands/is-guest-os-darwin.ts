/**
 * ISGOSDARWIN: whether the machine is configured for macOS. It is not.
 *
 * Source: open-vm-tools `lib/include/backdoor_def.h`.
 */
import type { BackdoorCommand } from "../command.ts";

export const isGuestOsDarwin: BackdoorCommand = {
  number: 52,
  outputs: ["eax"],
  handle(frame) {
    frame.eax = 0;
  },
};
