/**
 * GETTIMEFULL_WITH_LAG: as GETTIMEFULL, and the present interrupt lag in EDI. Virtual time never lags, so that is 0.
 *
 * Sources: open-vm-tools `lib/include/backdoor_def.h`; open-vm-tools `services/plugins/timeSync/timeSync.c`.
 */
import type { BackdoorCommand } from "../command.ts";
import { getTimeFull } from "./get-time-full.ts";

export const getTimeFullWithLag: BackdoorCommand = {
  number: 55,
  outputs: ["ebx", "ecx", "edx", "esi", "edi"],
  handle(frame, environment) {
    getTimeFull.handle(frame, environment);
    frame.edi = 0;
  },
};
