// biome-ignore-all format: one row per form
/** Trailing bit manipulation (AMD; withdrawn). */
import type { FormRow } from "./row.ts";

export const tbmForms: readonly FormRow[] = [
  { enc: "XOP.L0.X9.W0 01 /1", asm: "BLCFILL r32, r/m32", ops: "w:r32.v r:r32.rm", mem: "u32", cpu: "tbm", flags: "w:szc 0:o u:ap", traits: "wig32 pm" },
  { enc: "XOP.L0.X9.W1 01 /1", asm: "BLCFILL r64, r/m64", ops: "w:r64.v r:r64.rm", mem: "u64", modes: "64", cpu: "tbm", flags: "w:szc 0:o u:ap" },
  { enc: "XOP.L0.X9.W0 01 /2", asm: "BLSFILL r32, r/m32", ops: "w:r32.v r:r32.rm", mem: "u32", cpu: "tbm", flags: "w:szc 0:o u:ap", traits: "wig32 pm" },
  { enc: "XOP.L0.X9.W1 01 /2", asm: "BLSFILL r64, r/m64", ops: "w:r64.v r:r64.rm", mem: "u64", modes: "64", cpu: "tbm", flags: "w:szc 0:o u:ap" },
  { enc: "XOP.L0.X9.W0 01 /3", asm: "BLCS r32, r/m32", ops: "w:r32.v r:r32.rm", mem: "u32", cpu: "tbm", flags: "w:szc 0:o u:ap", traits: "wig32 pm" },
  { enc: "XOP.L0.X9.W1 01 /3", asm: "BLCS r64, r/m64", ops: "w:r64.v r:r64.rm", mem: "u64", modes: "64", cpu: "tbm", flags: "w:szc 0:o u:ap" },
  { enc: "XOP.L0.X9.W0 01 /4", asm: "TZMSK r32, r/m32", ops: "w:r32.v r:r32.rm", mem: "u32", cpu: "tbm", flags: "w:szc 0:o u:ap", traits: "wig32 pm" },
  { enc: "XOP.L0.X9.W1 01 /4", asm: "TZMSK r64, r/m64", ops: "w:r64.v r:r64.rm", mem: "u64", modes: "64", cpu: "tbm", flags: "w:szc 0:o u:ap" },
  { enc: "XOP.L0.X9.W0 01 /5", asm: "BLCIC r32, r/m32", ops: "w:r32.v r:r32.rm", mem: "u32", cpu: "tbm", flags: "w:szc 0:o u:ap", traits: "wig32 pm" },
  { enc: "XOP.L0.X9.W1 01 /5", asm: "BLCIC r64, r/m64", ops: "w:r64.v r:r64.rm", mem: "u64", modes: "64", cpu: "tbm", flags: "w:szc 0:o u:ap" },
  { enc: "XOP.L0.X9.W0 01 /6", asm: "BLSIC r32, r/m32", ops: "w:r32.v r:r32.rm", mem: "u32", cpu: "tbm", flags: "w:szc 0:o u:ap", traits: "wig32 pm" },
  { enc: "XOP.L0.X9.W1 01 /6", asm: "BLSIC r64, r/m64", ops: "w:r64.v r:r64.rm", mem: "u64", modes: "64", cpu: "tbm", flags: "w:szc 0:o u:ap" },
  { enc: "XOP.L0.X9.W0 01 /7", asm: "T1MSKC r32, r/m32", ops: "w:r32.v r:r32.rm", mem: "u32", cpu: "tbm", flags: "w:szc 0:o u:ap", traits: "wig32 pm" },
  { enc: "XOP.L0.X9.W1 01 /7", asm: "T1MSKC r64, r/m64", ops: "w:r64.v r:r64.rm", mem: "u64", modes: "64", cpu: "tbm", flags: "w:szc 0:o u:ap" },
  { enc: "XOP.L0.X9.W0 02 /1", asm: "BLCMSK r32, r/m32", ops: "w:r32.v r:r32.rm", mem: "u32", cpu: "tbm", flags: "w:szc 0:o u:ap", traits: "wig32 pm" },
  { enc: "XOP.L0.X9.W1 02 /1", asm: "BLCMSK r64, r/m64", ops: "w:r64.v r:r64.rm", mem: "u64", modes: "64", cpu: "tbm", flags: "w:szc 0:o u:ap" },
  { enc: "XOP.L0.X9.W0 02 /6", asm: "BLCI r32, r/m32", ops: "w:r32.v r:r32.rm", mem: "u32", cpu: "tbm", flags: "w:szc 0:o u:ap", traits: "wig32 pm" },
  { enc: "XOP.L0.X9.W1 02 /6", asm: "BLCI r64, r/m64", ops: "w:r64.v r:r64.rm", mem: "u64", modes: "64", cpu: "tbm", flags: "w:szc 0:o u:ap" },
  { enc: "XOP.L0.XA.W0 10 /r id", asm: "BEXTR r32, r/m32, imm32", ops: "w:r32.reg r:r32.rm r:imm32", mem: "u32", cpu: "tbm", flags: "w:z 0:oc u:sap", traits: "wig32 pm" },
  { enc: "XOP.L0.XA.W1 10 /r id", asm: "BEXTR r64, r/m64, imm32", ops: "w:r64.reg r:r64.rm r:imm32", mem: "u64", modes: "64", cpu: "tbm", flags: "w:z 0:oc u:sap" },
];
