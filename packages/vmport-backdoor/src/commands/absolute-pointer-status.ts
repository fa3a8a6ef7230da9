/**
 * ABSPOINTER_STATUS: words queued in bits 15:0; 0xffff in 31:16 while the pointer is off or in error.
 *
 * Sources: QEMU `hw/i386/vmmouse.c`; Linux `drivers/input/mouse/vmmouse.c`.
 */
import { type BackdoorCommand, refuse } from "../command.ts";

export const absolutePointerStatus: BackdoorCommand = {
  number: 40,
  outputs: ["eax"],
  handle(frame, { pointer }) {
    if (pointer.denies(frame.cpl)) return refuse(frame);
    frame.eax = pointer.status();
  },
};
