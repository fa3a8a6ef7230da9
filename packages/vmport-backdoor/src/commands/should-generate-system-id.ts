/**
 * SHOULD_GENERATE_SYSTEMID: whether the firmware is to make up an identity. It is not: the machine has its UUID. CPL 0 only.
 *
 * Source: open-vm-tools `lib/include/backdoor_def.h`.
 */
import type { BackdoorCommand } from "../command.ts";

export const shouldGenerateSystemId: BackdoorCommand = {
  number: 80,
  outputs: ["eax"],
  handle(frame) {
    frame.eax = 0;
  },
};
