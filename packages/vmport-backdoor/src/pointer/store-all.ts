import type { BackdoorFrame } from "../frame.ts";

/**
 * Assigns the five registers to themselves, as QEMU's pointer does on every command.
 *
 * Source: QEMU `hw/i386/vmmouse.c` (vmmouse_get_data, vmmouse_set_data), confirmed on QEMU 7.2.
 */
export function storeAll(frame: BackdoorFrame): void {
  const { ebx, ecx, edx, esi, edi } = frame;
  Object.assign(frame, { ebx, ecx, edx, esi, edi });
}
