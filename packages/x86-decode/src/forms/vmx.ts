// biome-ignore-all format: one row per form
/** Intel virtualization. */
import type { FormRow } from "./row.ts";

export const vmxForms: readonly FormRow[] = [
  { enc: "NP 0F 01 C1", asm: "VMCALL", cpu: "vmx", flags: "w:zc 0:osap", flow: "call", traits: "cpl0 vmexit" },
  { enc: "NP 0F 01 C2", asm: "VMLAUNCH", cpu: "vmx", flags: "w:zc 0:osap", flow: "call", traits: "cpl0 vmexit pm" },
  { enc: "NP 0F 01 C3", asm: "VMRESUME", cpu: "vmx", flags: "w:zc 0:osap", flow: "call", traits: "cpl0 vmexit pm" },
  { enc: "NP 0F 01 C4", asm: "VMXOFF", cpu: "vmx", flags: "w:zc 0:osap", traits: "cpl0 vmexit pm" },
  { enc: "NP 0F 01 D4", asm: "VMFUNC", cpu: "vmx", uses: "r:eax r:ecx", flags: "w:oszacp", traits: "may-vmexit" },
  { enc: "NP 0F 78 /r", asm: "VMREAD r/m32, r32", ops: "w:r32.rm r:r32.reg", mem: "u32", modes: "16 32", cpu: "vmx", flags: "w:zc 0:osap", traits: "cpl0 may-vmexit pm" },
  { enc: "NP 0F 78 /r", asm: "VMREAD r/m64, r64", ops: "w:r64.rm r:r64.reg", mem: "u64", modes: "64", cpu: "vmx", flags: "w:zc 0:osap", traits: "cpl0 may-vmexit" },
  { enc: "NP 0F 79 /r", asm: "VMWRITE r32, r/m32", ops: "r:r32.reg r:r32.rm", mem: "u32", modes: "16 32", cpu: "vmx", flags: "w:zc 0:osap", traits: "cpl0 may-vmexit pm" },
  { enc: "NP 0F 79 /r", asm: "VMWRITE r64, r/m64", ops: "r:r64.reg r:r64.rm", mem: "u64", modes: "64", cpu: "vmx", flags: "w:zc 0:osap", traits: "cpl0 may-vmexit" },
  { enc: "NP 0F C7 /6", asm: "VMPTRLD m64", ops: "r:m", mem: "u64", cpu: "vmx", flags: "w:zc 0:osap", traits: "cpl0 vmexit pm" },
  { enc: "66 0F C7 /6", asm: "VMCLEAR m64", ops: "r:m", mem: "u64", cpu: "vmx", flags: "w:zc 0:osap", traits: "cpl0 vmexit pm" },
  { enc: "F3 0F C7 /6", asm: "VMXON m64", ops: "r:m", mem: "u64", cpu: "vmx", flags: "w:zc 0:osap", traits: "cpl0 vmexit pm" },
  { enc: "NP 0F C7 /7", asm: "VMPTRST m64", ops: "w:m", mem: "u64", cpu: "vmx", flags: "0:oszacp", traits: "cpl0 vmexit pm" },
  { enc: "66 0F 38 80 /r", asm: "INVEPT r32, m128", ops: "r:r32.reg r:m", mem: "u128", modes: "16 32", cpu: "vmx invept", flags: "w:zc 0:osap", traits: "cpl0 serialize vmexit pm" },
  { enc: "66 0F 38 80 /r", asm: "INVEPT r64, m128", ops: "r:r64.reg r:m", mem: "u128", modes: "64", cpu: "vmx invept", flags: "w:zc 0:osap", traits: "cpl0 serialize vmexit" },
  { enc: "66 0F 38 81 /r", asm: "INVVPID r32, m128", ops: "r:r32.reg r:m", mem: "u128", modes: "16 32", cpu: "vmx invvpid", flags: "w:zc 0:osap", traits: "cpl0 serialize vmexit pm" },
  { enc: "66 0F 38 81 /r", asm: "INVVPID r64, m128", ops: "r:r64.reg r:m", mem: "u128", modes: "64", cpu: "vmx invvpid", flags: "w:zc 0:osap", traits: "cpl0 serialize vmexit" },
];
