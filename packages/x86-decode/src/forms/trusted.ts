// biome-ignore-all format: one row per form
/** SMX, SGX and TDX leaves. */
import type { FormRow } from "./row.ts";

export const trustedForms: readonly FormRow[] = [
  { enc: "NP 0F 01 C5", asm: "PCONFIG", cpu: "pconfig", uses: "cw:ecx cw:edx cw:ebx rw:eax cr:ecx cr:edx cr:ebx cr:ds", flags: "w:z 0:osacp", traits: "cpl0 may-vmexit" },
  { enc: "NP 0F 01 CF", asm: "ENCLS", cpu: "sgx1", uses: "rcw:eax cr:ecx@32 cr:edx@32 cr:ebx@32 cr:rcx@64 cr:rdx@64 cr:rbx@64 cr:ds cw:ecx cw:edx cw:ebx", flags: "w:oszacp", traits: "cpl0 may-vmexit pm" },
  { enc: "NP 0F 01 D7", asm: "ENCLU", cpu: "sgx1", uses: "rcw:eax cr:ecx@32 cr:edx@32 cr:ebx@32 cr:rcx@64 cr:rdx@64 cr:rbx@64 cr:ds cw:ecx cw:edx cw:ebx", flags: "w:oszacp", traits: "pm" },
  { enc: "NP 0F 37", asm: "GETSEC", cpu: "smx", uses: "r:eax", traits: "may-cpl0 save vmexit" },
  { enc: "NP o64 0F 37", asm: "GETSECQ", modes: "64", cpu: "smx", uses: "r:eax", traits: "may-cpl0 save vmexit", gnu: "rex.w~getsec" },
  { enc: "66 0F 01 CC", asm: "TDCALL", cpu: "tdx", flow: "call", traits: "cpl0 vmexit" },
  { enc: "66 0F 01 CD", asm: "SEAMRET", modes: "64", cpu: "tdx", flags: "w:zc 0:osap", flow: "call", traits: "cpl0" },
  { enc: "66 0F 01 CE", asm: "SEAMOPS", modes: "64", cpu: "tdx", uses: "cr:rcx cr:rdx cr:r8 cr:r9 rw:rax", flags: "w:z 0:osacp", traits: "cpl0" },
  { enc: "66 0F 01 CF", asm: "SEAMCALL", modes: "64", cpu: "tdx", uses: "r:rax", flags: "w:c 0:oszap", flow: "call", traits: "cpl0 vmexit" },
];
