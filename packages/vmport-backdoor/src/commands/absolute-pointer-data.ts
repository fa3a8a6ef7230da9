/**
 * ABSPOINTER_DATA: takes EBX (1–6) words from the pointer's queue into EAX, EBX, ECX, EDX, ESI, EDI; registers beyond the count keep
 * their value. Asking for more than is queued, or for none, puts the pointer in its error state.
 *
 * Sources: QEMU `hw/i386/vmmouse.c`; Linux `drivers/input/mouse/vmmouse.c`.
 */
import { type BackdoorCommand, refuse } from "../command.ts";
import type { FrameRegister } from "../frame.ts";
import { storeAll } from "../pointer/store-all.ts";

const order: readonly FrameRegister[] = ["eax", "ebx", "ecx", "edx", "esi", "edi"];

export const absolutePointerData: BackdoorCommand = {
  number: 39,
  outputs: ["eax", "ebx", "ecx", "edx", "esi", "edi"],
  handle(frame, { personality, pointer }) {
    if (pointer.denies(frame.cpl)) return refuse(frame);
    if (personality.quirks.pointerStoresAll) storeAll(frame);
    const words = pointer.take(frame.ebx);
    for (let i = 0; i < words.length; i++) frame[order[i] as FrameRegister] = words[i] as number;
  },
};
