/**
 * PRECISIONCLOCK: ECX bits 31:16 = 0 reads the host's clock: nanoseconds since 1970 in EBX:ECX, EAX 0. Setting and adjusting it (1–3) is
 * refused: it is the host's.
 *
 * Sources: open-vm-tools `lib/include/backdoor_def.h`; Linux `drivers/ptp/ptp_vmw.c`.
 */
import { type BackdoorCommand, refuse } from "../command.ts";

export const precisionClock: BackdoorCommand = {
  number: 97,
  outputs: ["eax", "ebx", "ecx"],
  handle(frame, { host }) {
    if (frame.ecx >>> 16 !== 0) return refuse(frame);
    const now = host.epochNs();
    frame.eax = 0;
    frame.ebx = Number((now >> 32n) & 0xffff_ffffn);
    frame.ecx = Number(now & 0xffff_ffffn);
  },
};
