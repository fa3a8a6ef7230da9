/**
 * TOGGLEDEVICE: connects (EBX bit 31 set) or disconnects the removable device EBX bits 30:0. EAX 1, or 0 if there is none.
 *
 * Sources: open-vm-tools `toolbox/toolboxcmd-devices.c`, `lib/guestApp`.
 */
import type { BackdoorCommand } from "../command.ts";

export const toggleDevice: BackdoorCommand = {
  number: 12,
  outputs: ["eax"],
  handle(frame, { host }) {
    const device = host.devices[frame.ebx & 0x7fff_ffff];
    if (device !== undefined) device.connected = frame.ebx >>> 31 === 1;
    frame.eax = device === undefined ? 0 : 1;
  },
};
