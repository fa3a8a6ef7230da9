// biome-ignore-all format: one row per form
/** BMI1, BMI2 (VEX on general registers). */
import type { FormRow } from "./row.ts";

export const bmiForms: readonly FormRow[] = [
  { enc: "VEX.LZ.0F38.W0 F2 /r", asm: "ANDN r32a, r32b, r/m32", ops: "w:r32.reg r:r32.v r:r32.rm", mem: "u32", cpu: "bmi1", flags: "w:sz 0:oc u:ap", traits: "wig32 pm" },
  { enc: "VEX.LZ.0F38.W1 F2 /r", asm: "ANDN r64a, r64b, r/m64", ops: "w:r64.reg r:r64.v r:r64.rm", mem: "u64", modes: "64", cpu: "bmi1", flags: "w:sz 0:oc u:ap" },
  { enc: "VEX.LZ.0F38.W0 F3 /1", asm: "BLSR r32, r/m32", ops: "w:r32.v r:r32.rm", mem: "u32", cpu: "bmi1", flags: "w:szc 0:o u:ap", traits: "wig32 pm" },
  { enc: "VEX.LZ.0F38.W1 F3 /1", asm: "BLSR r64, r/m64", ops: "w:r64.v r:r64.rm", mem: "u64", modes: "64", cpu: "bmi1", flags: "w:szc 0:o u:ap" },
  { enc: "VEX.LZ.0F38.W0 F3 /2", asm: "BLSMSK r32, r/m32", ops: "w:r32.v r:r32.rm", mem: "u32", cpu: "bmi1", flags: "w:sc 0:oz u:ap", traits: "wig32 pm" },
  { enc: "VEX.LZ.0F38.W1 F3 /2", asm: "BLSMSK r64, r/m64", ops: "w:r64.v r:r64.rm", mem: "u64", modes: "64", cpu: "bmi1", flags: "w:sc 0:oz u:ap" },
  { enc: "VEX.LZ.0F38.W0 F3 /3", asm: "BLSI r32, r/m32", ops: "w:r32.v r:r32.rm", mem: "u32", cpu: "bmi1", flags: "w:szc 0:o u:ap", traits: "wig32 pm" },
  { enc: "VEX.LZ.0F38.W1 F3 /3", asm: "BLSI r64, r/m64", ops: "w:r64.v r:r64.rm", mem: "u64", modes: "64", cpu: "bmi1", flags: "w:szc 0:o u:ap" },
  { enc: "VEX.LZ.0F38.W0 F5 /r", asm: "BZHI r32a, r/m32, r32b", ops: "w:r32.reg r:r32.rm r:r32.v", mem: "u32", cpu: "bmi2", flags: "w:szc 0:o u:ap", traits: "reads8 wig32 pm" },
  { enc: "VEX.LZ.0F38.W1 F5 /r", asm: "BZHI r64a, r/m64, r64b", ops: "w:r64.reg r:r64.rm r:r64.v", mem: "u64", modes: "64", cpu: "bmi2", flags: "w:szc 0:o u:ap", traits: "reads8" },
  { enc: "VEX.LZ.F3.0F38.W0 F5 /r", asm: "PEXT r32a, r32b, r/m32", ops: "w:r32.reg cr:r32.v r:r32.rm", mem: "u32", cpu: "bmi2", traits: "wig32 pm" },
  { enc: "VEX.LZ.F3.0F38.W1 F5 /r", asm: "PEXT r64a, r64b, r/m64", ops: "w:r64.reg cr:r64.v r:r64.rm", mem: "u64", modes: "64", cpu: "bmi2" },
  { enc: "VEX.LZ.F2.0F38.W0 F5 /r", asm: "PDEP r32a, r32b, r/m32", ops: "w:r32.reg cr:r32.v r:r32.rm", mem: "u32", cpu: "bmi2", traits: "wig32 pm" },
  { enc: "VEX.LZ.F2.0F38.W1 F5 /r", asm: "PDEP r64a, r64b, r/m64", ops: "w:r64.reg cr:r64.v r:r64.rm", mem: "u64", modes: "64", cpu: "bmi2" },
  { enc: "VEX.LZ.F2.0F38.W0 F6 /r", asm: "MULX r32a, r32b, r/m32", ops: "w:r32.reg w:r32.v r:r32.rm", mem: "u32", cpu: "bmi2", uses: "r:edx", traits: "wig32 pm" },
  { enc: "VEX.LZ.F2.0F38.W1 F6 /r", asm: "MULX r64a, r64b, r/m64", ops: "w:r64.reg w:r64.v r:r64.rm", mem: "u64", modes: "64", cpu: "bmi2", uses: "r:rdx" },
  { enc: "VEX.LZ.0F38.W0 F7 /r", asm: "BEXTR r32a, r/m32, r32b", ops: "w:r32.reg r:r32.rm r:r32.v", mem: "u32", cpu: "bmi1", flags: "w:z 0:oc u:sap", traits: "reads16 wig32 pm" },
  { enc: "VEX.LZ.0F38.W1 F7 /r", asm: "BEXTR r64a, r/m64, r64b", ops: "w:r64.reg r:r64.rm r:r64.v", mem: "u64", modes: "64", cpu: "bmi1", flags: "w:z 0:oc u:sap", traits: "reads16" },
  { enc: "VEX.LZ.66.0F38.W0 F7 /r", asm: "SHLX r32a, r/m32, r32b", ops: "w:r32.reg r:r32.rm r:r32.v", mem: "u32", cpu: "bmi2", traits: "reads8 wig32 pm" },
  { enc: "VEX.LZ.66.0F38.W1 F7 /r", asm: "SHLX r64a, r/m64, r64b", ops: "w:r64.reg r:r64.rm r:r64.v", mem: "u64", modes: "64", cpu: "bmi2", traits: "reads8" },
  { enc: "VEX.LZ.F3.0F38.W0 F7 /r", asm: "SARX r32a, r/m32, r32b", ops: "w:r32.reg r:r32.rm r:r32.v", mem: "i32", cpu: "bmi2", traits: "reads8 wig32 pm" },
  { enc: "VEX.LZ.F3.0F38.W1 F7 /r", asm: "SARX r64a, r/m64, r64b", ops: "w:r64.reg r:r64.rm r:r64.v", mem: "i64", modes: "64", cpu: "bmi2", traits: "reads8" },
  { enc: "VEX.LZ.F2.0F38.W0 F7 /r", asm: "SHRX r32a, r/m32, r32b", ops: "w:r32.reg r:r32.rm r:r32.v", mem: "u32", cpu: "bmi2", traits: "reads8 wig32 pm" },
  { enc: "VEX.LZ.F2.0F38.W1 F7 /r", asm: "SHRX r64a, r/m64, r64b", ops: "w:r64.reg r:r64.rm r:r64.v", mem: "u64", modes: "64", cpu: "bmi2", traits: "reads8" },
  { enc: "VEX.LZ.F2.0F3A.W0 F0 /r ib", asm: "RORX r32, r/m32, imm8", ops: "w:r32.reg r:r32.rm r:imm8", mem: "u32", cpu: "bmi2", traits: "wig32 pm" },
  { enc: "VEX.LZ.F2.0F3A.W1 F0 /r ib", asm: "RORX r64, r/m64, imm8", ops: "w:r64.reg r:r64.rm r:imm8", mem: "u64", modes: "64", cpu: "bmi2" },
];
