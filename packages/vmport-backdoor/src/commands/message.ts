/**
 * MESSAGE: one step of the GuestRPC protocol, served by the message handler. Without one the call fails with ECX = 0: guests test
 * its upper half, and some the whole register, so the request must not be echoed.
 *
 * Sources: open-vm-tools `lib/include/guest_msg_def.h`; VirtualBox `src/VBox/VMM/VMMAll/GCMAll.cpp` (refusal by clearing the
 * success bit).
 */
import type { BackdoorCommand } from "../command.ts";

/** Bits of ECX, whose upper half is the status. */
const MESSAGE_STATUS_SUCCESS = 0x0001_0000;
const MESSAGE_STATUS_HB = 0x0080_0000;

export const message: BackdoorCommand = {
  number: 30,
  outputs: ["eax", "ebx", "ecx", "edx", "esi", "edi"],
  handle(frame, { message: handler, personality }) {
    if (personality.message === "refused") frame.ecx = (frame.ecx & ~MESSAGE_STATUS_SUCCESS) >>> 0;
    else if (handler === undefined) frame.ecx = 0;
    else {
      handler.message(frame);
      // A personality without the high-bandwidth port must not offer it, whatever the handler does.
      if (!personality.highBandwidth) frame.ecx = (frame.ecx & ~MESSAGE_STATUS_HB) >>> 0;
    }
  },
};
