/**
 * GETTIME: seconds, microseconds, the greatest lag to expect, and the time zone. Deprecated, as EAX overflows in 2106.
 *
 * Sources: open-vm-tools `lib/include/backdoor_def.h`; Xen series v6 04/16 (local time, no lag) and v14 (UTC, lag, zone).
 */
import type { BackdoorCommand } from "../command.ts";
import { readTime, zoneMinutes } from "../time.ts";

export const getTime: BackdoorCommand = {
  number: 23,
  outputs: ["eax", "ebx", "ecx", "edx"],
  handle(frame, environment) {
    const time = readTime(environment);
    frame.eax = Number(time.seconds & 0xffff_ffffn);
    frame.ebx = time.microseconds;
    frame.ecx = environment.personality.quirks.maxTimeLagUs;
    if (environment.personality.quirks.timeZone) frame.edx = zoneMinutes(environment.host.timeOffsetSeconds);
  },
};
