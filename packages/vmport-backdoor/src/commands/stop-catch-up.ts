/**
 * STOPCATCHUP: the guest has set its clock and wants no more ticks delivered late. Virtual time here never lags.
 *
 * Source: open-vm-tools `services/plugins/timeSync/timeSync.c`.
 */
import type { BackdoorCommand } from "../command.ts";

export const stopCatchUp: BackdoorCommand = {
  number: 24,
  outputs: ["eax"],
  handle(frame) {
    frame.eax = 0;
  },
};
