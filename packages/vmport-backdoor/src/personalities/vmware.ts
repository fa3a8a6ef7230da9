/**
 * VMware itself, the whole protocol. The default.
 *
 * Sources: open-vm-tools `lib/include/backdoor_def.h` (commands, privilege), `lib/message/message.c`; Xen series v7 and later, whose
 * author compared with VMware (GETHZ at CPL 0 only, partial registers, OUT runs the command).
 */

import { GuiOption } from "../gui-options.ts";
import type { Personality } from "../personality.ts";
import { commandTable } from "../protocol/commands.ts";
import { VmxType } from "../protocol/constants.ts";

const GETHZ = 45;

export const vmware: Personality = {
  name: "vmware",
  title: "VMware ESXi",
  ports: [
    { base: 0x5658, size: 4 },
    { base: 0x5670, size: 4 },
  ],
  portMatch: "exact",
  answers: [
    1, 2, 4, 5, 6, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 23, 24, 30, 34, 36, 39, 40, 41, 45, 46, 48, 49, 52, 55, 63,
    68, 71, 76, 80, 85, 86, 89, 91, 97, 100, 104,
  ],
  commandMask: 0xffff,
  cpl0Only: [...commandTable.filter((row) => row.cpl0).map((row) => row.number), GETHZ],
  unknownCommand: "ones",
  wrongMagic: "not-ours",
  outWritesEax: false,
  wideWrites: false,
  narrowIn: "merge",
  ring3: true,
  ring3Accepts: "magic",
  ring3Only: false,
  pseudoPmc: true,
  message: "served",
  highBandwidth: true,
  balloon: true,
  hypercall: false,
  vmxType: VmxType.ScalableServer,
  cpuid: { signature: "VMwareVMware", fromHardwareVersion: 7, maxLeaf: 0x4000_0010 },
  quirks: {
    mhzEchoesMagic: false,
    hardwareVersionEchoesMagic: true,
    time: "utc",
    maxTimeLagUs: 1_000_000,
    timeZone: true,
    memorySize: "megabytes",
    guiOptions:
      GuiOption.AutoGrab | GuiOption.AutoUngrab | GuiOption.AutoRaiseDisabled | GuiOption.DisableCursorOptions,
    guiOptionsStored: true,
    noScreen: false,
    pointerClears: true,
    pointerStoresAll: false,
    messageDialect: "vmware",
  },
};
