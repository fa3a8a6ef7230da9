/**
 * The last posted form of the Xen series (v14, 2020), alone: commands it would pass to QEMU find nobody.
 *
 * Source: D. Slutz, "Xen VMware tools support" v14, `xen/arch/x86/hvm/vmware/vmport.c`.
 */
import type { Personality } from "../personality.ts";
import { VmxType } from "../protocol/constants.ts";
import { xenV6 } from "./xen-v6.ts";

const GETHZ = 45;

export const xenV14: Personality = {
  ...xenV6,
  name: "xen-v14",
  title: "Xen with the series of August 2020",
  portMatch: "exact",
  answers: [1, 10, 17, 23, 45, 46],
  cpl0Only: [GETHZ],
  unknownCommand: "ones",
  wrongMagic: "ones",
  wideWrites: false,
  narrowIn: "merge",
  ring3: false,
  message: "unknown",
  vmxType: VmxType.ScalableServer,
  quirks: {
    ...xenV6.quirks,
    mhzEchoesMagic: false,
    time: "utc",
    maxTimeLagUs: 1_000_000,
    timeZone: true,
  },
};
