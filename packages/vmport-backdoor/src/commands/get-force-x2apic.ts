/**
 * GET_FORCE_X2APIC: whether the firmware must hand over in x2APIC mode. It need not. CPL 0 only.
 *
 * Source: open-vm-tools `lib/include/backdoor_def.h`.
 */
import type { BackdoorCommand } from "../command.ts";

export const getForceX2apic: BackdoorCommand = {
  number: 76,
  outputs: ["eax"],
  handle(frame) {
    frame.eax = 0;
  },
};
