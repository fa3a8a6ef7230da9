/**
 * SETPTRLOCATION: accepted and forgotten, for want of a host pointer.
 *
 * Source: K. Kato, "VMware Backdoor I/O Port" (EAX 0 is success).
 */
import type { BackdoorCommand } from "../command.ts";

export const setPointerLocation: BackdoorCommand = {
  number: 5,
  outputs: ["eax"],
  handle(frame) {
    frame.eax = 0;
  },
};
