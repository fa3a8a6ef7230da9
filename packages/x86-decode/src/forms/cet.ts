// biome-ignore-all format: one row per form
/** Control-flow enforcement: shadow stacks and ENDBR. */
import type { FormRow } from "./row.ts";

export const cetForms: readonly FormRow[] = [
  { enc: "F3 0F 01 /5", asm: "RSTORSSP m64", ops: "rw:m", mem: "u64", cpu: "cet-ss", flags: "w:c 0:oszap", traits: "pm" },
  { enc: "F3 0F 01 E8", asm: "SETSSBSY", cpu: "cet-ss", traits: "cpl0 pm" },
  { enc: "F3 0F 01 EA", asm: "SAVEPREVSSP", cpu: "cet-ss", flags: "r:c", traits: "pm" },
  { enc: "F3 0F 1E /1", asm: "RDSSPD r32", ops: "w:r32.rm!", cpu: "cet-ss" },
  { enc: "F3 o64 0F 1E /1", asm: "RDSSPQ r64", ops: "w:r64.rm!", modes: "64", cpu: "cet-ss" },
  { enc: "F3 0F 1E FA", asm: "ENDBR64", cpu: "cet-ibt" },
  { enc: "F3 0F 1E FB", asm: "ENDBR32", cpu: "cet-ibt" },
  { enc: "F3 0F AE /5", asm: "INCSSPD r32", ops: "r:r32.rm!", cpu: "cet-ss", traits: "reads8 pm" },
  { enc: "F3 o64 0F AE /5", asm: "INCSSPQ r64", ops: "r:r64.rm!", modes: "64", cpu: "cet-ss", traits: "reads8" },
  { enc: "F3 0F AE /6", asm: "CLRSSBSY m64", ops: "rw:m", mem: "u64", cpu: "cet-ss", flags: "w:c 0:oszap", traits: "cpl0 pm" },
  { enc: "66 0F 38 F5 /r", asm: "WRUSSD m32, r32", ops: "w:m r:r32.reg", mem: "u32", cpu: "cet-ss", traits: "cpl0 pm" },
  { enc: "66 o64 0F 38 F5 /r", asm: "WRUSSQ m64, r64", ops: "w:m r:r64.reg", mem: "u64", modes: "64", cpu: "cet-ss", traits: "cpl0" },
  { enc: "NP 0F 38 F6 /r", asm: "WRSSD m32, r32", ops: "w:m r:r32.reg", mem: "u32", cpu: "cet-ss", traits: "pm" },
  { enc: "NP o64 0F 38 F6 /r", asm: "WRSSQ m64, r64", ops: "w:m r:r64.reg", mem: "u64", modes: "64", cpu: "cet-ss" },
];
