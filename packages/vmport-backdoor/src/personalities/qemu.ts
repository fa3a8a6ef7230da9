/**
 * QEMU `vmport=on` with machine types after 5.0.
 *
 * Sources: QEMU `hw/i386/vmport.c` (8-bit command number, result stored in EAX for IN and OUT of any
 * width, whole registers assigned, table of commands), `hw/i386/vmmouse.c`.
 */
import type { Personality } from "../personality.ts";
import { VmxType } from "../protocol/constants.ts";

export const qemu: Personality = {
  name: "qemu",
  title: "QEMU vmport",
  ports: [{ base: 0x5658, size: 4 }],
  portMatch: "exact",
  answers: [10, 19, 20, 39, 40, 41, 45, 68],
  commandMask: 0xff,
  cpl0Only: [],
  unknownCommand: "ones",
  wrongMagic: "ones",
  outWritesEax: true,
  wideWrites: true,
  narrowIn: "whole",
  ring3: false,
  ring3Accepts: "magic",
  ring3Only: false,
  pseudoPmc: false,
  message: "unknown",
  highBandwidth: false,
  balloon: false,
  hypercall: false,
  vmxType: VmxType.ScalableServer,
  cpuid: { signature: undefined, fromHardwareVersion: 0, maxLeaf: 0 },
  quirks: {
    mhzEchoesMagic: false,
    hardwareVersionEchoesMagic: false,
    time: "utc",
    maxTimeLagUs: 1_000_000,
    timeZone: true,
    memorySize: "bytes",
    guiOptions: 0,
    guiOptionsStored: false,
    noScreen: true,
    pointerClears: false,
    pointerStoresAll: true,
    messageDialect: "vmware",
  },
};
