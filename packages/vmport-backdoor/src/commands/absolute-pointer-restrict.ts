/**
 * ABSPOINTER_RESTRICT: who may use commands 39–41: EBX 0 everybody, 1 CPL 0, 2 who has I/O privilege. The kernel's driver sets 1, so that
 * no program can steal its packets. 2 is treated as 1.
 *
 * Sources: open-vm-tools `lib/include/backdoor_def.h`; Linux `drivers/input/mouse/vmmouse.c`.
 */
import type { BackdoorCommand } from "../command.ts";
import { ALL_ONES } from "../protocol/constants.ts";

export const absolutePointerRestrict: BackdoorCommand = {
  number: 86,
  outputs: ["eax"],
  handle(frame, { pointer }) {
    frame.eax = frame.cpl === 0 && pointer.restrict(frame.ebx) ? 0 : ALL_ONES;
  },
};
