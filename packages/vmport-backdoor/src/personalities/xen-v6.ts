/**
 * The Xen series as posted in September 2014 (v6), with what its review agreed to: GETHZ is widened before the multiplication and cut
 * to its low 32 bits. What stays historical: whole 64-bit registers are written, narrow IN loses RAX[63:32], an unknown command
 * leaves the magic in EAX, all four ports answer.
 *
 * Source: D. Slutz, "Xen VMware tools support" v6 04/16 and its review.
 */

import { GuiOption } from "../gui-options.ts";
import type { Personality } from "../personality.ts";
import { VmxType } from "../protocol/constants.ts";

export const xenV6: Personality = {
  name: "xen-v6",
  title: "Xen with the series of September 2014",
  ports: [{ base: 0x5658, size: 4 }],
  portMatch: "window",
  answers: [1, 10, 13, 14, 15, 17, 23, 30, 45, 46],
  commandMask: 0xffff,
  cpl0Only: [],
  unknownCommand: "keep",
  wrongMagic: "not-ours",
  outWritesEax: false,
  wideWrites: true,
  narrowIn: "clear-high",
  ring3: true,
  ring3Accepts: "magic",
  ring3Only: false,
  pseudoPmc: false,
  message: "served",
  highBandwidth: false,
  balloon: false,
  hypercall: false,
  vmxType: VmxType.ScalableServer,
  cpuid: { signature: "VMwareVMware", fromHardwareVersion: 7, maxLeaf: 0x4000_0010 },
  quirks: {
    mhzEchoesMagic: true,
    hardwareVersionEchoesMagic: false,
    time: "local",
    maxTimeLagUs: 0,
    timeZone: false,
    memorySize: "megabytes",
    guiOptions:
      GuiOption.AutoGrab |
      GuiOption.AutoUngrab |
      GuiOption.AutoRaiseDisabled |
      GuiOption.SyncTime |
      GuiOption.DisableCursorOptions,
    guiOptionsStored: false,
    noScreen: true,
    pointerClears: true,
    pointerStoresAll: false,
    messageDialect: "xen-v6",
  },
};
