/**
 * GETTIMEFULL: seconds in ESI:EDX, microseconds in EBX, lag in ECX. EAX still being the magic says success.
 *
 * Sources: open-vm-tools `lib/include/backdoor_def.h`; open-vm-tools `services/plugins/timeSync/timeSync.c`; Xen series v6 04/16.
 */
import type { BackdoorCommand } from "../command.ts";
import { readTime } from "../time.ts";

export const getTimeFull: BackdoorCommand = {
  number: 46,
  outputs: ["ebx", "ecx", "edx", "esi"],
  handle(frame, environment) {
    const time = readTime(environment);
    frame.ebx = time.microseconds;
    frame.ecx = environment.personality.quirks.maxTimeLagUs;
    frame.edx = Number(time.seconds & 0xffff_ffffn);
    frame.esi = Number((time.seconds >> 32n) & 0xffff_ffffn);
  },
};
