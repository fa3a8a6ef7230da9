// biome-ignore-all format: one row per form
/** String moves, compares, stores, loads, scans. */
import type { FormRow } from "./row.ts";

export const stringForms: readonly FormRow[] = [
  { enc: "A4", asm: "MOVSB", ops: "w:es:[di] r:ds:[si]", mem: "u8", cpu: "8086", flags: "r:d", traits: "rep" },
  { enc: "o16 A5", asm: "MOVSW", ops: "w:es:[di] r:ds:[si]", mem: "u16", cpu: "8086", flags: "r:d", traits: "rep" },
  { enc: "o32 A5", asm: "MOVSD", ops: "w:es:[di] r:ds:[si]", mem: "u32", cpu: "386", flags: "r:d", traits: "rep", gnu: "movsl" },
  { enc: "o64 A5", asm: "MOVSQ", ops: "w:es:[di] r:ds:[si]", mem: "u64", modes: "64", cpu: "x64", flags: "r:d", traits: "rep" },
  { enc: "A6", asm: "CMPSB", ops: "r:ds:[si] r:es:[di]", mem: "u8", cpu: "8086", flags: "r:d w:oszacp", traits: "rep repne" },
  { enc: "o16 A7", asm: "CMPSW", ops: "r:ds:[si] r:es:[di]", mem: "u16", cpu: "8086", flags: "r:d w:oszacp", traits: "rep repne" },
  { enc: "o32 A7", asm: "CMPSD", ops: "r:ds:[si] r:es:[di]", mem: "u32", cpu: "386", flags: "r:d w:oszacp", traits: "rep repne", gnu: "cmpsl" },
  { enc: "o64 A7", asm: "CMPSQ", ops: "r:ds:[si] r:es:[di]", mem: "u64", modes: "64", cpu: "x64", flags: "r:d w:oszacp", traits: "rep repne" },
  { enc: "AA", asm: "STOSB", ops: "w:es:[di] r:al", mem: "u8", cpu: "8086", flags: "r:d", traits: "rep", intel: "stosb 0", gnu: "stos" },
  { enc: "o16 AB", asm: "STOSW", ops: "w:es:[di] r:ax", mem: "u16", cpu: "8086", flags: "r:d", traits: "rep", intel: "stosw 0", gnu: "stos" },
  { enc: "o32 AB", asm: "STOSD", ops: "w:es:[di] r:eax", mem: "u32", cpu: "386", flags: "r:d", traits: "rep", intel: "stosd 0", gnu: "stos" },
  { enc: "o64 AB", asm: "STOSQ", ops: "w:es:[di] r:rax", mem: "u64", modes: "64", cpu: "x64", flags: "r:d", traits: "rep", intel: "stosq 0", gnu: "stos" },
  { enc: "AC", asm: "LODSB", ops: "w:al r:ds:[si]", mem: "u8", cpu: "8086", flags: "r:d", traits: "rep", intel: "lodsb 1", gnu: "lods" },
  { enc: "o16 AD", asm: "LODSW", ops: "w:ax r:ds:[si]", mem: "u16", cpu: "8086", flags: "r:d", traits: "rep", intel: "lodsw 1", gnu: "lods" },
  { enc: "o32 AD", asm: "LODSD", ops: "w:eax r:ds:[si]", mem: "u32", cpu: "386", flags: "r:d", traits: "rep", intel: "lodsd 1", gnu: "lods" },
  { enc: "o64 AD", asm: "LODSQ", ops: "w:rax r:ds:[si]", mem: "u64", modes: "64", cpu: "x64", flags: "r:d", traits: "rep", intel: "lodsq 1", gnu: "lods" },
  { enc: "AE", asm: "SCASB", ops: "r:al r:es:[di]", mem: "u8", cpu: "8086", flags: "r:d w:oszacp", traits: "rep repne", intel: "scasb 1", gnu: "scas" },
  { enc: "o16 AF", asm: "SCASW", ops: "r:ax r:es:[di]", mem: "u16", cpu: "8086", flags: "r:d w:oszacp", traits: "rep repne", intel: "scasw 1", gnu: "scas" },
  { enc: "o32 AF", asm: "SCASD", ops: "r:eax r:es:[di]", mem: "u32", cpu: "386", flags: "r:d w:oszacp", traits: "rep repne", intel: "scasd 1", gnu: "scas" },
  { enc: "o64 AF", asm: "SCASQ", ops: "r:rax r:es:[di]", mem: "u64", modes: "64", cpu: "x64", flags: "r:d w:oszacp", traits: "rep repne", intel: "scasq 1", gnu: "scas" },
];
