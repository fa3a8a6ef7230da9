/**
 * LAZYTIMEREMULATION: EBX switches lazy delivery of timer interrupts on or off. Remembered; virtual time needs no such help.
 *
 * Source: open-vm-tools `lib/include/backdoor_def.h`.
 */
import type { BackdoorCommand } from "../command.ts";

export const lazyTimerEmulation: BackdoorCommand = {
  number: 49,
  outputs: ["eax"],
  handle(frame, { state }) {
    state.lazyTimer = frame.ebx !== 0;
    frame.eax = 0;
  },
};
