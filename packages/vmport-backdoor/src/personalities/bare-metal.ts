/**
 * A machine that has no such port: IN reads all ones, ring 3 gets its #GP.
 */
import type { Personality } from "../personality.ts";
import { qemu } from "./qemu.ts";

export const bareMetal: Personality = {
  ...qemu,
  name: "bare-metal",
  title: "No hypervisor",
  ports: [],
  answers: [],
  unknownCommand: "not-ours",
  wrongMagic: "not-ours",
  outWritesEax: false,
  vmxType: undefined,
};
