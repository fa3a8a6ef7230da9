// biome-ignore-all format: one row per form
/** AMD virtualization: SVM, SEV-ES, SEV-SNP. */
import type { FormRow } from "./row.ts";

export const svmForms: readonly FormRow[] = [
  { enc: "a16 0F 01 D8", asm: "VMRUN", modes: "16 32", cpu: "svm", uses: "r:ax*", flags: "r:oszacpdiA", flow: "call", traits: "cpl0 save may-vmexit-amd pm gnu-addr", intel: "vmrun ax" },
  { enc: "a32 0F 01 D8", asm: "VMRUN", cpu: "svm", uses: "r:ax*", flags: "r:oszacpdiA", flow: "call", traits: "cpl0 save may-vmexit-amd pm gnu-addr", intel: "vmrun eax" },
  { enc: "a64 0F 01 D8", asm: "VMRUN", modes: "64", cpu: "svm", uses: "r:ax*", flags: "r:oszacpdiA", flow: "call", traits: "cpl0 save may-vmexit-amd", intel: "vmrun rax" },
  { enc: "0F 01 D9", asm: "VMMCALL", cpu: "svm", flow: "call", traits: "may-vmexit-amd" },
  { enc: "a16 0F 01 DA", asm: "VMLOAD", modes: "16 32", cpu: "svm", uses: "r:ax* w:fs w:gs", traits: "cpl0 may-vmexit-amd pm gnu-addr", intel: "vmload ax" },
  { enc: "a32 0F 01 DA", asm: "VMLOAD", cpu: "svm", uses: "r:ax* w:fs w:gs", traits: "cpl0 may-vmexit-amd pm gnu-addr", intel: "vmload eax" },
  { enc: "a64 0F 01 DA", asm: "VMLOAD", modes: "64", cpu: "svm", uses: "r:ax* w:fs w:gs", traits: "cpl0 may-vmexit-amd", intel: "vmload rax" },
  { enc: "a16 0F 01 DB", asm: "VMSAVE", modes: "16 32", cpu: "svm", uses: "r:ax* r:fs r:gs", traits: "cpl0 may-vmexit-amd pm gnu-addr", intel: "vmsave ax" },
  { enc: "a32 0F 01 DB", asm: "VMSAVE", cpu: "svm", uses: "r:ax* r:fs r:gs", traits: "cpl0 may-vmexit-amd pm gnu-addr", intel: "vmsave eax" },
  { enc: "a64 0F 01 DB", asm: "VMSAVE", modes: "64", cpu: "svm", uses: "r:ax* r:fs r:gs", traits: "cpl0 may-vmexit-amd", intel: "vmsave rax" },
  { enc: "0F 01 DC", asm: "STGI", cpu: "skinit-or-svm", traits: "cpl0 may-vmexit-amd pm" },
  { enc: "0F 01 DD", asm: "CLGI", cpu: "svm", traits: "cpl0 may-vmexit-amd pm" },
  { enc: "0F 01 DE", asm: "SKINIT", cpu: "skinit-or-svm", uses: "r:eax w:cr0 w:dr6 w:dr7 w:es w:cs w:ss w:ds w:fs w:gs w:cr2 w:cr3 w:cr4 w:dr0 w:dr1 w:dr2 w:dr3 w:eax w:ecx w:edx w:ebx w:esp w:ebp w:esi w:edi w:r8 w:r9 w:r10 w:r11 w:r12 w:r13 w:r14 w:r15", flags: "0:oszacpdiA", flow: "return", traits: "cpl0 may-vmexit-amd pm", intel: "skinit eax" },
  { enc: "a16 0F 01 DF", asm: "INVLPGA", modes: "16 32", cpu: "svm", uses: "r:ax* r:ecx", traits: "cpl0 serialize-amd may-vmexit-amd pm gnu-addr", intel: "invlpga ax ecx" },
  { enc: "a32 0F 01 DF", asm: "INVLPGA", cpu: "svm", uses: "r:ax* r:cx*", traits: "cpl0 serialize-amd may-vmexit-amd pm gnu-addr", intel: "invlpga eax ecx" },
  { enc: "a64 0F 01 DF", asm: "INVLPGA", modes: "64", cpu: "svm", uses: "r:ecx r:ax*", traits: "cpl0 serialize-amd may-vmexit-amd", intel: "invlpga rax ecx" },
  { enc: "F3 0F 01 FE", asm: "RMPADJUST", modes: "64", cpu: "sev-snp", uses: "r:rcx r:rdx rw:rax", flags: "w:oszap", traits: "cpl0 may-vmexit-amd" },
  { enc: "F2 0F 01 FE", asm: "RMPUPDATE", modes: "64", cpu: "sev-snp", uses: "r:rcx rw:rax r:ds:[rcx]16", flags: "w:oszap", traits: "cpl0" },
  { enc: "F3 0F 01 FF", asm: "PSMASH", modes: "64", cpu: "sev-snp", uses: "rw:rax", flags: "w:oszap", traits: "cpl0" },
  { enc: "a16 F2 0F 01 FF", asm: "PVALIDATE", modes: "16 32", cpu: "sev-snp", uses: "r:ax* r:ecx r:edx w:eax", flags: "w:oszacp", traits: "cpl0 may-vmexit-amd", intel: "pvalidate ax" },
  { enc: "a32 F2 0F 01 FF", asm: "PVALIDATE", cpu: "sev-snp", uses: "r:cx* r:dx* rw:ax*", flags: "w:oszacp", traits: "cpl0 may-vmexit-amd", intel: "pvalidate eax" },
  { enc: "a64 F2 0F 01 FF", asm: "PVALIDATE", modes: "64", cpu: "sev-snp", uses: "r:ecx r:edx rw:ax*", flags: "w:oszacp", traits: "cpl0 may-vmexit-amd", intel: "pvalidate rax" },
  { enc: "F3 0F 01 D9", asm: "VMGEXIT", cpu: "sev-es", flow: "call", traits: "vmexit-amd" },
  { enc: "F2 0F 01 D9", asm: "VMGEXIT", cpu: "sev-es", flow: "call", traits: "vmexit-amd" },
  { enc: "F3 0F 01 FD", asm: "RMPQUERY", modes: "64", cpu: "rmpquery", uses: "r:dl r:rax w:rax w:rcx w:rdx", flags: "w:oszap", traits: "cpl0 may-vmexit-amd" },
];
