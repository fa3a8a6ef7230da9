// biome-ignore-all format: one row per form
/** Tile configuration, loads, stores and dot products (SDM volume 1, chapter 18). */
import type { FormRow } from "./row.ts";

export const amxForms: readonly FormRow[] = [
  { enc: "VEX.128.0F38.W0 49 !(11):000:bbb", asm: "LDTILECFG m512", ops: "r:m", mem: "tilecfg", modes: "64", cpu: "amx-tile", uses: "w:tmm0 w:tmm1 w:tmm2 w:tmm3 w:tmm4 w:tmm5 w:tmm6 w:tmm7" },
  { enc: "VEX.128.0F38.W0 49 C0", asm: "TILERELEASE", modes: "64", cpu: "amx-tile", uses: "w:tmm0 w:tmm1 w:tmm2 w:tmm3 w:tmm4 w:tmm5 w:tmm6 w:tmm7" },
  { enc: "VEX.128.66.0F38.W0 49 !(11):000:bbb", asm: "STTILECFG m512", ops: "w:m", mem: "tilecfg", modes: "64", cpu: "amx-tile" },
  { enc: "VEX.128.F2.0F38.W0 49 11:rrr:000", asm: "TILEZERO tmm1", ops: "w:tmm.reg", modes: "64", cpu: "amx-tile" },
  { enc: "VEX.128.66.0F38.W0 4B !(11):rrr:100", asm: "TILELOADDT1 tmm1, sibmem", ops: "w:tmm.reg r:sibmem", mem: "tile", modes: "64", cpu: "amx-tile" },
  { enc: "VEX.128.F3.0F38.W0 4B !(11):rrr:100", asm: "TILESTORED sibmem, tmm1", ops: "w:sibmem r:tmm.reg", mem: "tile", modes: "64", cpu: "amx-tile" },
  { enc: "VEX.128.F2.0F38.W0 4B !(11):rrr:100", asm: "TILELOADD tmm1, sibmem", ops: "w:tmm.reg r:sibmem", mem: "tile", modes: "64", cpu: "amx-tile" },
  { enc: "VEX.128.F3.0F38.W0 5C 11:rrr:bbb", asm: "TDPBF16PS tmm1, tmm2, tmm3", ops: "rw:tmm.reg r:tmm.rm! r:tmm.v", modes: "64", cpu: "amx-bf16", traits: "unique" },
  { enc: "VEX.128.0F38.W0 5E 11:rrr:bbb", asm: "TDPBUUD tmm1, tmm2, tmm3", ops: "rw:tmm.reg r:tmm.rm! r:tmm.v", modes: "64", cpu: "amx-int8", traits: "unique" },
  { enc: "VEX.128.66.0F38.W0 5E 11:rrr:bbb", asm: "TDPBUSD tmm1, tmm2, tmm3", ops: "rw:tmm.reg r:tmm.rm! r:tmm.v", modes: "64", cpu: "amx-int8", traits: "unique" },
  { enc: "VEX.128.F3.0F38.W0 5E 11:rrr:bbb", asm: "TDPBSUD tmm1, tmm2, tmm3", ops: "rw:tmm.reg r:tmm.rm! r:tmm.v", modes: "64", cpu: "amx-int8", traits: "unique" },
  { enc: "VEX.128.F2.0F38.W0 5E 11:rrr:bbb", asm: "TDPBSSD tmm1, tmm2, tmm3", ops: "rw:tmm.reg r:tmm.rm! r:tmm.v", modes: "64", cpu: "amx-int8", traits: "unique" },
  { enc: "VEX.128.F2.0F38.W0 5C 11:rrr:bbb", asm: "TDPFP16PS tmm1, tmm2, tmm3", ops: "rw:tmm.reg r:tmm.rm! r:tmm.v", modes: "64", cpu: "amx-fp16", traits: "unique" },
  { enc: "VEX.128.0F38.W0 6C 11:rrr:bbb", asm: "TCMMRLFP16PS tmm1, tmm2, tmm3", ops: "rw:tmm.reg r:tmm.rm! r:tmm.v", modes: "64", cpu: "amx-complex", traits: "unique" },
  { enc: "VEX.128.66.0F38.W0 6C 11:rrr:bbb", asm: "TCMMIMFP16PS tmm1, tmm2, tmm3", ops: "rw:tmm.reg r:tmm.rm! r:tmm.v", modes: "64", cpu: "amx-complex", traits: "unique" },
];
