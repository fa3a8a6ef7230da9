/**
 * QEMU `vmport=on` with machine types up to 5.0: fewer commands, and refusals leave EAX as it was.
 *
 * Sources: QEMU `hw/core/machine.c` (hw_compat_5_0: x-read-set-eax, x-signal-unsupported-cmd, x-report-vmx-type, x-cmds-v2 off), `hw/i386/vmport.c`.
 */
import type { Personality } from "../personality.ts";
import { qemu } from "./qemu.ts";

export const qemuOld: Personality = {
  ...qemu,
  name: "qemu-old",
  title: "QEMU vmport, machine types up to 5.0",
  answers: [10, 20, 39, 40, 41],
  unknownCommand: "keep",
  wrongMagic: "keep",
  narrowIn: "merge",
  vmxType: undefined,
};
