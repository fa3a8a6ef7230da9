/**
 * GETUUID: the 16 bytes of the machine's UUID as four little-endian words.
 *
 * Sources: QEMU `hw/i386/vmport.c`; K. Kato, "VMware Backdoor I/O Port".
 */
import type { BackdoorCommand } from "../command.ts";

export const getUuid: BackdoorCommand = {
  number: 19,
  outputs: ["eax", "ebx", "ecx", "edx"],
  handle(frame, { host }) {
    frame.eax = word(host.uuid, 0);
    frame.ebx = word(host.uuid, 4);
    frame.ecx = word(host.uuid, 8);
    frame.edx = word(host.uuid, 12);
  },
};

const word = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;
