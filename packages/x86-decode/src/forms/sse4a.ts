// biome-ignore-all format: one row per form
/** SSE4a (AMD). */
import type { FormRow } from "./row.ts";

export const sse4aForms: readonly FormRow[] = [
  { enc: "F3 0F 2B /r", asm: "MOVNTSS m32, xmm1", ops: "w:m r:xmm.reg", mem: "f32", cpu: "sse4a", traits: "nt" },
  { enc: "F2 0F 2B /r", asm: "MOVNTSD m64, xmm1", ops: "w:m r:xmm.reg", mem: "f64", cpu: "sse4a", traits: "nt" },
  { enc: "66 0F 78 /0 ib ib", asm: "EXTRQ xmm1, imm8, imm8", ops: "rw:xmm.rm! r:imm8 r:imm8", cpu: "sse4a" },
  { enc: "F2 0F 78 /r ib ib", asm: "INSERTQ xmm1, xmm2, imm8, imm8", ops: "w:xmm.reg r:xmm.rm! r:imm8 r:imm8", cpu: "sse4a" },
  { enc: "66 0F 79 /r", asm: "EXTRQ xmm1, xmm2", ops: "rw:xmm.reg r:xmm.rm!", cpu: "sse4a" },
  { enc: "F2 0F 79 /r", asm: "INSERTQ xmm1, xmm2", ops: "rw:xmm.reg r:xmm.rm!", cpu: "sse4a" },
];
