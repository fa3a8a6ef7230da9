/**
 * VirtualBox with its fixer for Mesa and vmwgfx: no port in rings 0 to 2; a ring-3 MESSAGE or MKS_GUEST_STATS that faults is made to fail
 * softly, by clearing the success bit and skipping the instruction.
 *
 * Source: VirtualBox `src/VBox/VMM/VMMAll/GCMAll.cpp`.
 */
import type { Personality } from "../personality.ts";
import { qemu } from "./qemu.ts";

export const virtualbox: Personality = {
  ...qemu,
  name: "virtualbox",
  title: "VirtualBox with its Mesa fixer",
  answers: [30, 85],
  commandMask: 0xffff,
  unknownCommand: "not-ours",
  wrongMagic: "not-ours",
  outWritesEax: false,
  wideWrites: false,
  narrowIn: "merge",
  ring3: true,
  ring3Only: true,
  message: "refused",
  vmxType: undefined,
  cpuid: { signature: "VBoxVBoxVBox", fromHardwareVersion: 0, maxLeaf: 0x4000_0001 },
};
