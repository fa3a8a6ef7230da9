/** UD0, UD1, UD2, and instructions of features that this machine never has. */
import type { Semantics, SemanticsTable } from "../lift.ts";

const undefinedInstruction: Semantics = (b) => {
  b.undefined();
};

export const semantics: SemanticsTable = {
  ud0: undefinedInstruction,
  ud1: undefinedInstruction,
  ud2: undefinedInstruction,
  // system-management mode, except inside it
  rsm: undefinedInstruction,
  // safer mode extensions
  getsec: undefinedInstruction,
  getsecq: undefinedInstruction,
  // VMX and SVM without nested virtualisation
  vmlaunch: undefinedInstruction,
  vmresume: undefinedInstruction,
  vmxoff: undefinedInstruction,
  vmfunc: undefinedInstruction,
  vmread: undefinedInstruction,
  vmwrite: undefinedInstruction,
  vmptrld: undefinedInstruction,
  vmclear: undefinedInstruction,
  vmxon: undefinedInstruction,
  vmptrst: undefinedInstruction,
  invept: undefinedInstruction,
  invvpid: undefinedInstruction,
  vmrun: undefinedInstruction,
  vmload: undefinedInstruction,
  vmsave: undefinedInstruction,
  stgi: undefinedInstruction,
  clgi: undefinedInstruction,
  skinit: undefinedInstruction,
  invlpga: undefinedInstruction,
};
