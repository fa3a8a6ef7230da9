// biome-ignore-all format: one row per form
/** 3DNow! and its extensions (AMD 3DNow! Technology Manual; withdrawn). The opcode is the last byte. */
import type { FormRow } from "./row.ts";

export const now3dForms: readonly FormRow[] = [
  { enc: "0F 0F /r 0C", asm: "PI2FW mm, mm/m64", ops: "w:mm.reg r:mm.rm", mem: "4xi16", cpu: "d3nowext" },
  { enc: "0F 0F /r 0D", asm: "PI2FD mm, mm/m64", ops: "w:mm.reg r:mm.rm", mem: "2xi32", cpu: "d3now" },
  { enc: "0F 0F /r 1C", asm: "PF2IW mm, mm/m64", ops: "w:mm.reg r:mm.rm", mem: "2xf32", cpu: "d3nowext" },
  { enc: "0F 0F /r 1D", asm: "PF2ID mm, mm/m64", ops: "w:mm.reg r:mm.rm", mem: "2xf32", cpu: "d3now" },
  { enc: "0F 0F /r 86", asm: "PFRCPV mm, mm/m64", ops: "w:mm.reg r:mm.rm", mem: "2xf32", modes: "16 32", cpu: "cyrix-d3now", opt: "Cyrix" },
  { enc: "0F 0F /r 87", asm: "PFRSQRTV mm, mm/m64", ops: "w:mm.reg r:mm.rm", mem: "2xf32", modes: "16 32", cpu: "cyrix-d3now", opt: "Cyrix" },
  { enc: "0F 0F /r 8A", asm: "PFNACC mm, mm/m64", ops: "rw:mm.reg r:mm.rm", mem: "2xf32", cpu: "d3nowext" },
  { enc: "0F 0F /r 8E", asm: "PFPNACC mm, mm/m64", ops: "rw:mm.reg r:mm.rm", mem: "2xf32", cpu: "d3nowext" },
  { enc: "0F 0F /r 90", asm: "PFCMPGE mm, mm/m64", ops: "rw:mm.reg r:mm.rm", mem: "2xf32", cpu: "d3now" },
  { enc: "0F 0F /r 94", asm: "PFMIN mm, mm/m64", ops: "rw:mm.reg r:mm.rm", mem: "2xf32", cpu: "d3now" },
  { enc: "0F 0F /r 96", asm: "PFRCP mm, mm/m64", ops: "w:mm.reg r:mm.rm", mem: "2xf32", cpu: "d3now" },
  { enc: "0F 0F /r 97", asm: "PFRSQRT mm, mm/m64", ops: "w:mm.reg r:mm.rm", mem: "2xf32", cpu: "d3now" },
  { enc: "0F 0F /r 9A", asm: "PFSUB mm, mm/m64", ops: "rw:mm.reg r:mm.rm", mem: "2xf32", cpu: "d3now" },
  { enc: "0F 0F /r 9E", asm: "PFADD mm, mm/m64", ops: "rw:mm.reg r:mm.rm", mem: "2xf32", cpu: "d3now" },
  { enc: "0F 0F /r A0", asm: "PFCMPGT mm, mm/m64", ops: "rw:mm.reg r:mm.rm", mem: "2xf32", cpu: "d3now" },
  { enc: "0F 0F /r A4", asm: "PFMAX mm, mm/m64", ops: "rw:mm.reg r:mm.rm", mem: "2xf32", cpu: "d3now" },
  { enc: "0F 0F /r A6", asm: "PFRCPIT1 mm, mm/m64", ops: "rw:mm.reg r:mm.rm", mem: "2xf32", cpu: "d3now" },
  { enc: "0F 0F /r A7", asm: "PFRSQIT1 mm, mm/m64", ops: "rw:mm.reg r:mm.rm", mem: "2xf32", cpu: "d3now" },
  { enc: "0F 0F /r AA", asm: "PFSUBR mm, mm/m64", ops: "rw:mm.reg r:mm.rm", mem: "2xf32", cpu: "d3now" },
  { enc: "0F 0F /r AE", asm: "PFACC mm, mm/m64", ops: "rw:mm.reg r:mm.rm", mem: "2xf32", cpu: "d3now" },
  { enc: "0F 0F /r B0", asm: "PFCMPEQ mm, mm/m64", ops: "rw:mm.reg r:mm.rm", mem: "2xf32", cpu: "d3now" },
  { enc: "0F 0F /r B4", asm: "PFMUL mm, mm/m64", ops: "rw:mm.reg r:mm.rm", mem: "2xf32", cpu: "d3now" },
  { enc: "0F 0F /r B6", asm: "PFRCPIT2 mm, mm/m64", ops: "rw:mm.reg r:mm.rm", mem: "2xf32", cpu: "d3now" },
  { enc: "0F 0F /r B7", asm: "PMULHRW mm, mm/m64", ops: "rw:mm.reg r:mm.rm", mem: "4xi16", cpu: "d3now" },
  { enc: "0F 0F /r BB", asm: "PSWAPD mm, mm/m64", ops: "w:mm.reg r:mm.rm", mem: "2xu32", cpu: "d3nowext" },
  { enc: "0F 0F /r BF", asm: "PAVGUSB mm, mm/m64", ops: "rw:mm.reg r:mm.rm", mem: "8xu8", cpu: "d3now" },
];
