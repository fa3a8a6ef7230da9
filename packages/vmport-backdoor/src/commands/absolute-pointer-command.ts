/**
 * ABSPOINTER_COMMAND: EBX switches the pointer on or off, absolute or relative. EAX keeps the magic, whatever EBX was.
 *
 * Sources: QEMU `hw/i386/vmmouse.c`; Linux `drivers/input/mouse/vmmouse.c`.
 */
import { type BackdoorCommand, refuse } from "../command.ts";

export const absolutePointerCommand: BackdoorCommand = {
  number: 41,
  outputs: [],
  handle(frame, { pointer }) {
    if (pointer.denies(frame.cpl)) return refuse(frame);
    pointer.command(frame.ebx);
  },
};
