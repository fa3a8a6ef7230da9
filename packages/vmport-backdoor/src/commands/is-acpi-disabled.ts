/**
 * ISACPIDISABLED: 0, ACPI is there.
 *
 * Source: open-vm-tools `lib/include/backdoor_def.h`.
 */
import type { BackdoorCommand } from "../command.ts";

export const isAcpiDisabled: BackdoorCommand = {
  number: 34,
  outputs: ["eax"],
  handle(frame) {
    frame.eax = 0;
  },
};
