// biome-ignore-all format: one row per form
/** Lightweight profiling (AMD; withdrawn). */
import type { FormRow } from "./row.ts";

export const lwpForms: readonly FormRow[] = [
  { enc: "XOP.L0.X9.W0 12 /0", asm: "LLWPCB r32", ops: "r:r32.rm!", cpu: "lwp", uses: "r:ds:[op0]0", traits: "wig32 pm" },
  { enc: "XOP.L0.X9.W1 12 /0", asm: "LLWPCB r64", ops: "r:r64.rm!", modes: "64", cpu: "lwp", uses: "r:ds:[op0]0" },
  { enc: "XOP.L0.X9.W0 12 /1", asm: "SLWPCB r32", ops: "w:r32.rm!", cpu: "lwp", traits: "wig32 pm" },
  { enc: "XOP.L0.X9.W1 12 /1", asm: "SLWPCB r64", ops: "w:r64.rm!", modes: "64", cpu: "lwp" },
  { enc: "XOP.L0.XA.W0 12 /0 id", asm: "LWPINS r32, r/m32, imm32", ops: "r:r32.v r:r32.rm r:imm32", mem: "u32", cpu: "lwp", flags: "w:c", traits: "wig32 pm" },
  { enc: "XOP.L0.XA.W1 12 /0 id", asm: "LWPINS r64, r/m32, imm32", ops: "r:r64.v r:r32.rm r:imm32", mem: "u32", modes: "64", cpu: "lwp", flags: "w:c" },
  { enc: "XOP.L0.XA.W0 12 /1 id", asm: "LWPVAL r32, r/m32, imm32", ops: "r:r32.v cr:r32.rm r:imm32", mem: "u32", cpu: "lwp", traits: "wig32 pm" },
  { enc: "XOP.L0.XA.W1 12 /1 id", asm: "LWPVAL r64, r/m32, imm32", ops: "r:r64.v cr:r32.rm r:imm32", mem: "u32", modes: "64", cpu: "lwp" },
];
