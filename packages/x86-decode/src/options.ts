/**
 * Decoder options: encodings that only some processors have, or that others took away. `|` them together;
 * 0 is a current Intel processor.
 */
export const DecodeOption = {
  /** AMD behaviour: 66 with near branches in 64-bit code, LOCK MOV CR0 as CR8. */
  Amd: 1 << 1,
  /** 0F 0D and 0F 18–1F stay reserved NOPs, as before CET, MPX and prefetches. */
  ForceReservedNop: 1 << 2,
  /** UMOV (386, 486). */
  Umov: 1 << 3,
  /** XBTS, IBTS (386 A0). */
  Xbts: 1 << 4,
  /** 0F A6/A7 as CMPXCHG (486 A). */
  Cmpxchg486A: 1 << 5,
  /** FRSTPM, FSTDW, FSTSG (387SL, 287XL). */
  OldFpu: 1 << 6,
  Pcommit: 1 << 7,
  /** 0F 04 and 0F 05 of the 286. */
  Loadall286: 1 << 8,
  Loadall386: 1 << 9,
  Cl1invmb: 1 << 10,
  /** MOV TR (386, 486). */
  MovTr: 1 << 11,
  /** JMPE (IA-64). */
  Jmpe: 1 << 12,
  /** F3 90 is NOP. */
  NoPause: 1 << 13,
  NoWbnoinvd: 1 << 14,
  Udbg: 1 << 15,
  /** F3 0F BC is BSF. */
  NoTzcnt: 1 << 16,
  /** F3 0F BD is BSR. */
  NoLzcnt: 1 << 17,
  /** No LAHF and SAHF in 64-bit code. */
  NoLahfSahf64: 1 << 18,
  Mpx: 1 << 19,
  Cyrix: 1 << 20,
  /** SMINT as 0F 7E (Cyrix 6x86 and older). */
  CyrixSmint0f7e: 1 << 21,
  CyrixDmi: 1 << 22,
  /** Centaur ALTINST. */
  Altinst: 1 << 23,
  /** Knights Corner's VEX instructions, not its MVEX ones. */
  Knc: 1 << 24,
} as const;
export type DecodeOption = (typeof DecodeOption)[keyof typeof DecodeOption];
