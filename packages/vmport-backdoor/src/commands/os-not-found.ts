/**
 * OSNOTFOUND: the firmware has found nothing to boot. Told to the host; EAX 0. CPL 0 only.
 *
 * Source: open-vm-tools `lib/include/backdoor_def.h`.
 */
import type { BackdoorCommand } from "../command.ts";

export const osNotFound: BackdoorCommand = {
  number: 18,
  outputs: ["eax"],
  handle(frame, { host }) {
    host.firmwareReport?.("no operating system was found");
    frame.eax = 0;
  },
};
