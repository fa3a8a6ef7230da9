/**
 * APMFUNCTION: VMware's BIOS passes APM calls on. EBX bits 15:0 are the function's upper half, ECX bits 31:16 its lower: 7 with 4 is
 * suspend, 7 with 7 is power off. EAX 0 when the host did it, else all ones. CPL 0 only.
 *
 * Sources: open-vm-tools `lib/include/backdoor_def.h`; K. Kato, "VMware Backdoor I/O Port" (the two functions). The value of success is ours.
 */
import { type BackdoorCommand, refuse } from "../command.ts";

const SET_POWER_STATE = 7;
const actions: Readonly<Record<number, "suspend" | "power-off">> = { 4: "suspend", 7: "power-off" };

export const apmFunction: BackdoorCommand = {
  number: 2,
  outputs: ["eax"],
  handle(frame, { host }) {
    const action = (frame.ebx & 0xffff) === SET_POWER_STATE ? actions[frame.ecx >>> 16] : undefined;
    if (action === undefined || host.power?.(action) !== true) return refuse(frame);
    frame.eax = 0;
  },
};
