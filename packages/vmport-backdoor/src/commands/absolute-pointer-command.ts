/**
 * ABSPOINTER_COMMAND: EBX switches the pointer on or off, absolute or relative. EAX keeps the magic, whatever EBX was.
 *
 * Sources: QEMU `hw/i386/vmmouse.c`; Linux `drivers/input/mouse/vmmouse.c`.
 */
import { type BackdoorCommand, refuse } from "../command.ts";
import { storeAll } from "../pointer/store-all.ts";

export const absolutePointerCommand: BackdoorCommand = {
  number: 41,
  outputs: ["eax", "ebx", "ecx", "edx", "esi", "edi"],
  handle(frame, { personality, pointer }) {
    if (pointer.denies(frame.cpl)) return refuse(frame);
    if (personality.quirks.pointerStoresAll) storeAll(frame);
    pointer.command(frame.ebx);
  },
};
