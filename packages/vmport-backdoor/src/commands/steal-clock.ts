/**
 * STEALCLOCK: ESI:EDI is the guest-physical address of a 64-byte area where the host publishes stolen time; address 1 switches it off. EAX: all
 * ones "no such thing", 0 off, 1 on.
 *
 * Sources: open-vm-tools `lib/include/backdoor_def.h`; Linux `arch/x86/kernel/cpu/vmware.c`.
 */
import { type BackdoorCommand, refuse } from "../command.ts";

const DISABLE = 1n;
const AREA_BYTES = 64n;

export const stealClock: BackdoorCommand = {
  number: 91,
  outputs: ["eax"],
  handle(frame, { host, state }) {
    if (host.setStealClock === undefined) return refuse(frame);
    const gpa = (BigInt(frame.esi >>> 0) << 32n) | BigInt(frame.edi >>> 0);
    const wanted = gpa === DISABLE ? undefined : gpa;
    if (wanted !== undefined && wanted % AREA_BYTES !== 0n) return refuse(frame);
    if (!host.setStealClock(wanted)) return refuse(frame);
    state.stealClockGpa = wanted;
    frame.eax = wanted === undefined ? 0 : 1;
  },
};
