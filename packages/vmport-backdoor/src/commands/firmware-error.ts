/**
 * FIRMWARE_ERROR: ECX bits 31:16 say what stopped the firmware. Told to the host; EAX 0. CPL 0 only.
 *
 * Source: open-vm-tools `lib/include/backdoor_def.h`.
 */
import { type BackdoorCommand, refuse } from "../command.ts";

const errors = ["not enough memory", "an exception", "SGX", "PCI memory space"] as const;

export const firmwareError: BackdoorCommand = {
  number: 71,
  outputs: ["eax"],
  handle(frame, { host }) {
    const what = errors[frame.ecx >>> 16];
    if (what === undefined) return refuse(frame);
    host.firmwareReport?.(`the firmware gave up: ${what}`);
    frame.eax = 0;
  },
};
