// biome-ignore-all format: one row per form
/** trusted */
import type { FormRow } from "./row.ts";

export const trustedForms: readonly FormRow[] = [
  { enc: "NP 0F 01 C5", asm: "PCONFIG", cpu: "pconfig", flags: "w:z 0:osacp", traits: "cpl0 may-vmexit" },
  { enc: "NP 0F 01 CF", asm: "ENCLS", cpu: "sgx1", flags: "w:oszacp", traits: "cpl0 may-vmexit pm" },
  { enc: "NP 0F 01 D7", asm: "ENCLU", cpu: "sgx1", flags: "w:oszacp", traits: "pm" },
  { enc: "NP 0F 37", asm: "GETSEC", cpu: "smx", traits: "may-cpl0 save vmexit" },
  { enc: "NP o64 0F 37", asm: "GETSECQ", modes: "64", cpu: "smx", traits: "may-cpl0 save vmexit", gnu: "rex.w~getsec" },
  { enc: "66 0F 01 CC", asm: "TDCALL", cpu: "tdx", flow: "call", traits: "cpl0 vmexit" },
  { enc: "66 0F 01 CD", asm: "SEAMRET", modes: "64", cpu: "tdx", flags: "w:zc 0:osap", flow: "call", traits: "cpl0" },
  { enc: "66 0F 01 CE", asm: "SEAMOPS", modes: "64", cpu: "tdx", flags: "w:z 0:osacp", traits: "cpl0" },
  { enc: "66 0F 01 CF", asm: "SEAMCALL", modes: "64", cpu: "tdx", flags: "w:c 0:oszap", flow: "call", traits: "cpl0 vmexit" },
];
