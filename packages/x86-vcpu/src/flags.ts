/** The lazy status flags of the state block (see StateOffset.flagRes, flagCout, flagAux): out of and into RFLAGS bits. */
import { Rflags } from "./control-bits.ts";
import { StateOffset } from "./state-layout.ts";

/** Is the number of set bits in the low byte even? */
export function evenParity(value: number): boolean {
  const nibble = (value ^ (value >>> 4)) & 0xf;
  return ((0x9669 >>> nibble) & 1) !== 0;
}

/** CF PF AF ZF SF OF as RFLAGS bits. u32: view of the memory; base: byte offset of the state block. */
export function lazyToFlags(u32: Uint32Array, base: number): number {
  const resLow = u32[(base + StateOffset.flagRes) >>> 2]!;
  const resHigh = u32[(base + StateOffset.flagRes + 4) >>> 2]!;
  const coutHigh = u32[(base + StateOffset.flagCout + 4) >>> 2]!;
  const aux = u32[(base + StateOffset.flagAux) >>> 2]!;
  let flags = (aux & Rflags.AF) | (coutHigh >>> 31);
  if (evenParity(resLow ^ (aux >>> 8))) flags |= Rflags.PF;
  if ((resLow | resHigh) === 0) flags |= Rflags.ZF;
  if ((resHigh ^ aux) >>> 31 !== 0) flags |= Rflags.SF;
  if (((coutHigh ^ (coutHigh << 1)) & 0x8000_0000) !== 0) flags |= Rflags.OF;
  return flags;
}

/** Lazy words that stand for these RFLAGS bits. */
export function flagsToLazy(u32: Uint32Array, base: number, flags: number): void {
  const zero = (flags >>> 6) & 1;
  const of = flags >>> 11;
  // 0 has even parity, 1 odd; SF is bit 7.
  const aux = (flags & Rflags.AF) | ((((flags >>> 2) ^ zero) & 1) << 8) | ((flags & Rflags.SF) << 24);
  u32[(base + StateOffset.flagRes) >>> 2] = zero ^ 1;
  u32[(base + StateOffset.flagRes + 4) >>> 2] = 0;
  u32[(base + StateOffset.flagCout) >>> 2] = 0;
  u32[(base + StateOffset.flagCout + 4) >>> 2] = (flags << 31) | (((flags ^ of) & 1) << 30);
  u32[(base + StateOffset.flagAux) >>> 2] = aux;
}
