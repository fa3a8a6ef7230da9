/**
 * ABSPOINTER_STATUS: words queued in bits 15:0; 0xffff in 31:16 while the pointer is off or in error.
 *
 * Sources: QEMU `hw/i386/vmmouse.c`; Linux `drivers/input/mouse/vmmouse.c`.
 */
import { type BackdoorCommand, refuse } from "../command.ts";
import { storeAll } from "../pointer/store-all.ts";

export const absolutePointerStatus: BackdoorCommand = {
  number: 40,
  outputs: ["eax", "ebx", "ecx", "edx", "esi", "edi"],
  handle(frame, { personality, pointer }) {
    if (pointer.denies(frame.cpl)) return refuse(frame);
    if (personality.quirks.pointerStoresAll) storeAll(frame);
    frame.eax = pointer.status();
  },
};
