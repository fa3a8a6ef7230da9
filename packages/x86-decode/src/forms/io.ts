// biome-ignore-all format: one row per form
/** Port input and output, single and string. */
import type { FormRow } from "./row.ts";

export const ioForms: readonly FormRow[] = [
  { enc: "6C", asm: "INSB", ops: "w:es:[di] r:dx", mem: "u8", cpu: "186", flags: "r:d", traits: "rep io priv may-vmexit may-vmexit-amd" },
  { enc: "o16 6D", asm: "INSW", ops: "w:es:[di] r:dx", mem: "u16", cpu: "186", flags: "r:d", traits: "rep io priv may-vmexit may-vmexit-amd" },
  { enc: "o32 6D", asm: "INSD", ops: "w:es:[di] r:dx", mem: "u32", cpu: "386", flags: "r:d", traits: "rep io priv may-vmexit may-vmexit-amd", gnu: "insl" },
  { enc: "6E", asm: "OUTSB", ops: "r:dx r:ds:[si]", mem: "u8", cpu: "186", flags: "r:d", traits: "rep io priv may-vmexit may-vmexit-amd" },
  { enc: "o16 6F", asm: "OUTSW", ops: "r:dx r:ds:[si]", mem: "u16", cpu: "186", flags: "r:d", traits: "rep io priv may-vmexit may-vmexit-amd" },
  { enc: "o32 6F", asm: "OUTSD", ops: "r:dx r:ds:[si]", mem: "u32", cpu: "386", flags: "r:d", traits: "rep io priv may-vmexit may-vmexit-amd", gnu: "outsl" },
  { enc: "E4 ib", asm: "IN AL, imm8", ops: "w:al r:imm8", cpu: "8086", traits: "io priv may-vmexit may-vmexit-amd" },
  { enc: "o16 E5 ib", asm: "IN AX, imm8", ops: "w:ax r:imm8", cpu: "8086", traits: "io priv may-vmexit may-vmexit-amd" },
  { enc: "o32 E5 ib", asm: "IN EAX, imm8", ops: "w:eax r:imm8", cpu: "386", traits: "io priv may-vmexit may-vmexit-amd" },
  { enc: "E6 ib", asm: "OUT imm8, AL", ops: "r:imm8 r:al", cpu: "8086", traits: "io priv may-vmexit may-vmexit-amd" },
  { enc: "o16 E7 ib", asm: "OUT imm8, AX", ops: "r:imm8 r:ax", cpu: "8086", traits: "io priv may-vmexit may-vmexit-amd" },
  { enc: "o32 E7 ib", asm: "OUT imm8, EAX", ops: "r:imm8 r:eax", cpu: "386", traits: "io priv may-vmexit may-vmexit-amd" },
  { enc: "EC", asm: "IN AL, DX", ops: "w:al r:dx", cpu: "8086", traits: "io priv may-vmexit may-vmexit-amd" },
  { enc: "o16 ED", asm: "IN AX, DX", ops: "w:ax r:dx", cpu: "8086", traits: "io priv may-vmexit may-vmexit-amd" },
  { enc: "o32 ED", asm: "IN EAX, DX", ops: "w:eax r:dx", cpu: "386", traits: "io priv may-vmexit may-vmexit-amd" },
  { enc: "EE", asm: "OUT DX, AL", ops: "r:dx r:al", cpu: "8086", traits: "io priv may-vmexit may-vmexit-amd" },
  { enc: "o16 EF", asm: "OUT DX, AX", ops: "r:dx r:ax", cpu: "8086", traits: "io priv may-vmexit may-vmexit-amd" },
  { enc: "o32 EF", asm: "OUT DX, EAX", ops: "r:dx r:eax", cpu: "386", traits: "io priv may-vmexit may-vmexit-amd" },
];
