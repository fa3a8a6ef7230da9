/**
 * GETPTRLOCATION: position of the host's pointer, x in bits 31:16 and y in 15:0. A console that has not grabbed the pointer
 * says -100, -100, and there is no such pointer here.
 *
 * Sources: open-vm-tools `lib/include/backdoor_def.h`; K. Kato, "VMware Backdoor I/O Port".
 */
import type { BackdoorCommand } from "../command.ts";

export const getPointerLocation: BackdoorCommand = {
  number: 4,
  outputs: ["eax"],
  handle(frame) {
    frame.eax = 0xff9c_ff9c;
  },
};
