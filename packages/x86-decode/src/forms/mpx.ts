// biome-ignore-all format: one row per form
/** Memory protection extensions (withdrawn), by option. */
import type { FormRow } from "./row.ts";

export const mpxForms: readonly FormRow[] = [
  { enc: "NP 0F 1A /r", asm: "BNDLDX bnd, mib", ops: "w:bnd.reg a:mib", cpu: "mpx", opt: "Mpx" },
  { enc: "66 0F 1A /r", asm: "BNDMOV bnd1, bnd2/m64", ops: "w:bnd.reg r:bnd.rm^", mem: "bnd32", modes: "16 32", cpu: "mpx", opt: "Mpx", traits: "ptr", gnu: "bndmov/bndmov" },
  { enc: "66 0F 1A /r", asm: "BNDMOV bnd1, bnd2/m128", ops: "w:bnd.reg r:bnd.rm^", mem: "bnd64", modes: "64", cpu: "mpx", opt: "Mpx", traits: "ptr", gnu: "bndmov/bndmov" },
  { enc: "F3 0F 1A /r", asm: "BNDCL bnd, r/m32", ops: "r:bnd.reg r:r32.rm^", mem: "u32", modes: "16 32", cpu: "mpx", opt: "Mpx", traits: "no-seg" },
  { enc: "F3 0F 1A /r", asm: "BNDCL bnd, r/m64", ops: "r:bnd.reg r:r64.rm^", mem: "u64", modes: "64", cpu: "mpx", opt: "Mpx", traits: "no-seg" },
  { enc: "F2 0F 1A /r", asm: "BNDCU bnd, r/m32", ops: "r:bnd.reg r:r32.rm^", mem: "u32", modes: "16 32", cpu: "mpx", opt: "Mpx", traits: "no-seg" },
  { enc: "F2 0F 1A /r", asm: "BNDCU bnd, r/m64", ops: "r:bnd.reg r:r64.rm^", mem: "u64", modes: "64", cpu: "mpx", opt: "Mpx", traits: "no-seg" },
  { enc: "NP 0F 1B /r", asm: "BNDSTX mib, bnd", ops: "a:mib r:bnd.reg", cpu: "mpx", opt: "Mpx" },
  { enc: "66 0F 1B /r", asm: "BNDMOV bnd1/m64, bnd2", ops: "w:bnd.rm^ r:bnd.reg", mem: "bnd32", modes: "16 32", cpu: "mpx", opt: "Mpx", traits: "ptr", gnu: "bndmov/bndmov" },
  { enc: "66 0F 1B /r", asm: "BNDMOV bnd1/m128, bnd2", ops: "w:bnd.rm^ r:bnd.reg", mem: "bnd64", modes: "64", cpu: "mpx", opt: "Mpx", traits: "ptr", gnu: "bndmov/bndmov" },
  { enc: "F3 0F 1B /r", asm: "BNDMK bnd, m32", ops: "w:bnd.reg a:m^", mem: "u32", modes: "16 32", cpu: "mpx", opt: "Mpx", traits: "no-seg" },
  { enc: "F3 0F 1B /r", asm: "BNDMK bnd, m64", ops: "w:bnd.reg a:m^", mem: "u64", modes: "64", cpu: "mpx", opt: "Mpx", traits: "no-seg" },
  { enc: "F2 0F 1B /r", asm: "BNDCN bnd, r/m32", ops: "r:bnd.reg r:r32.rm^", mem: "u32", modes: "16 32", cpu: "mpx", opt: "Mpx", traits: "no-seg" },
  { enc: "F2 0F 1B /r", asm: "BNDCN bnd, r/m64", ops: "r:bnd.reg r:r64.rm^", mem: "u64", modes: "64", cpu: "mpx", opt: "Mpx", traits: "no-seg" },
];
