/** Where the state that semantics name (`stateFields` of x86-lift) lies in the state block. */
import { type StateFieldName, stateFieldNames, stateFields } from "x86-lift";
import { StateOffset } from "./state-layout.ts";

export const stateFieldOffset: { readonly [K in StateFieldName]: number } = {
  mxcsr: StateOffset.mxcsr,
  fsBase: StateOffset.segmentBase + 4 * 8,
  gsBase: StateOffset.segmentBase + 5 * 8,
  kernelGsBase: StateOffset.kernelGsBase,
  cr0: StateOffset.cr0,
  cr2: StateOffset.cr2,
  cr3: StateOffset.cr3,
  cr4: StateOffset.cr4,
  cr8: StateOffset.cr8,
  xcr0: StateOffset.xcr0,
  tscAux: StateOffset.tscAux,
  pkru: StateOffset.pkru,
  fcw: StateOffset.fcw,
  fsw: StateOffset.fsw,
  ftw: StateOffset.ftw,
};

/** By the number that `getField` and `setField` rows carry. */
export const stateFieldOffsets: readonly number[] = stateFieldNames.map((name) => stateFieldOffset[name]);
export const stateFieldWidths: readonly number[] = stateFieldNames.map((name) => stateFields[name]);
