/**
 * MKS_GUEST_STATS: Mesa and vmwgfx offer pages of statistics. Nobody reads them here, and drivers go on without.
 *
 * Sources: open-vm-tools `lib/include/backdoor_def.h`; VirtualBox `src/VBox/VMM/VMMAll/GCMAll.cpp` (the same refusal as for MESSAGE).
 */
import { type BackdoorCommand, refuse } from "../command.ts";

export const mksGuestStats: BackdoorCommand = {
  number: 85,
  outputs: ["eax", "ecx"],
  handle(frame, { personality }) {
    if (personality.message === "refused") frame.ecx = (frame.ecx & ~0x0001_0000) >>> 0;
    else refuse(frame);
  },
};
