// biome-ignore-all format: one row per form
/** Single flags, LAHF and SAHF. */
import type { FormRow } from "./row.ts";

export const flagsForms: readonly FormRow[] = [
  { enc: "9E", asm: "SAHF", cpu: "8086", uses: "r:ah", flags: "w:szacp", opt: "!NoLahfSahf64" },
  { enc: "9F", asm: "LAHF", cpu: "8086", uses: "w:ah", flags: "r:szacp", opt: "!NoLahfSahf64" },
  { enc: "D6", asm: "SALC", modes: "16 32", cpu: "8086", uses: "w:al", flags: "r:c" },
  { enc: "F5", asm: "CMC", cpu: "8086", flags: "r:c w:c" },
  { enc: "F8", asm: "CLC", cpu: "8086", flags: "0:c" },
  { enc: "F9", asm: "STC", cpu: "8086", flags: "1:c" },
  { enc: "FA", asm: "CLI", cpu: "8086", flags: "0:i", traits: "priv" },
  { enc: "FB", asm: "STI", cpu: "8086", flags: "1:i", traits: "priv" },
  { enc: "FC", asm: "CLD", cpu: "8086", flags: "0:d" },
  { enc: "FD", asm: "STD", cpu: "8086", flags: "1:d" },
  { enc: "NP 0F 01 CA", asm: "CLAC", cpu: "smap", flags: "0:A", traits: "cpl0" },
  { enc: "NP 0F 01 CB", asm: "STAC", cpu: "smap", flags: "1:A", traits: "cpl0" },
  { enc: "NP 0F 1C /0", asm: "CLDEMOTE m8", ops: "a:m", mem: "u8", cpu: "cldemote" },
];
