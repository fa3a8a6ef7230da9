/**
 * The intermediate representation: what one guest instruction means, as a straight line of typed operations.
 *
 * A fragment is one instruction. It is a list of rows in execution order; the row number *is* the SSA value that the
 * row defines. There is no control flow inside a fragment except `raiseIf`, and exactly one terminator, the last row.
 * Values are bit patterns: booleans (width 1), integers (8, 16, 32, 64) and vectors (128). Binary32 and binary64
 * numbers travel as integers of their width; 80-bit numbers live in the register file and are touched by helpers only.
 *
 * Restart rule (every consumer relies on it): a row that can fault comes before every row that changes registers,
 * flags or fields, unless the manual makes the partial change visible. So a fault leaves the instruction unexecuted.
 */

/** Int32 fields of a row. */
export const IrField = { Op: 0, Width: 1, A: 2, B: 3, C: 4, X: 5, Lo: 6, Hi: 7 } as const;
/** Int32 fields per row. */
export const IR_STRIDE = 8;
/** "No value" in the A, B and C fields. */
export const IR_NONE = -1;

/** Width in bits of a row's result; for rows without a result, of the value that they consume. 0 where it means nothing. */
export type IrWidth = 0 | 1 | 8 | 16 | 32 | 64 | 128;

/** How far a row's effect reaches. `fault` rows may end the fragment early; `end` rows are terminators. */
export type IrEffect = "pure" | "read" | "write" | "fault" | "end";

interface IrOpRow {
  readonly effect: IrEffect;
  /** Meaning of the fields, for the printer, the verifier and the reader. */
  readonly fields: string;
  readonly doc: string;
}

/**
 * Every operation. `W` is the row's width. Operands a, b, c are values; x, lo, hi are constants.
 * Shift and rotate counts are values of width 8, used as they are: the lifter masks them (count ≥ W shifts everything out).
 */
export const irOps = {
  // constants and register file
  const: { effect: "pure", fields: "lo hi", doc: "The constant hi:lo, truncated to W. W ≤ 64." },
  get: { effect: "read", fields: "x=gpr", doc: "General register. W=8: x 0–15 are AL…R15B, 16–19 are AH, CH, DH, BH." },
  set: { effect: "write", fields: "x=gpr a", doc: "W=32 clears bits 63:32; W=8 and 16 leave the others." },
  getXmm: { effect: "read", fields: "x=xmm", doc: "W=128, or the low W=32, 64 bits." },
  setXmm: { effect: "write", fields: "x=xmm a", doc: "W=128, or only the low W=32, 64 bits, others kept." },
  getMm: {
    effect: "read",
    fields: "x=mm",
    doc: "MMX register, W=64 (or low 32). The lifter emits helper mmxEnter first.",
  },
  setMm: { effect: "write", fields: "x=mm a", doc: "MMX register, W=64; also sets the exponent field to all ones." },
  getField: { effect: "read", fields: "x=field", doc: "Processor state named in stateFields, W as declared there." },
  setField: { effect: "write", fields: "x=field a", doc: "The same; no side effects beyond the store." },

  // addresses and memory
  ea: {
    effect: "pure",
    fields: "a=base? b=index? x=scale lo hi",
    doc: "base + index × scale + disp, truncated to W=16, 32 or 64 and zero-extended; the result is a 64-bit value.",
  },
  load: {
    effect: "fault",
    fields: "x=segment a=offset lo=MemoryFlag",
    doc: "W=8…128 bits at segment:offset (a 64-bit value, zero-extended from the address size).",
  },
  store: { effect: "fault", fields: "x=segment a=offset b=value lo=MemoryFlag", doc: "The same for writing b." },
  probe: {
    effect: "fault",
    fields: "x=segment a=offset lo=bytes hi=write",
    doc: "Raises what an access of that many bytes would raise, and does nothing else.",
  },

  // integers
  add: { effect: "pure", fields: "a b", doc: "" },
  sub: { effect: "pure", fields: "a b", doc: "" },
  mul: { effect: "pure", fields: "a b", doc: "Low W bits of the product." },
  mulHighU: { effect: "pure", fields: "a b", doc: "High W bits of the unsigned product." },
  mulHighS: { effect: "pure", fields: "a b", doc: "High W bits of the signed product." },
  divU: { effect: "pure", fields: "a b", doc: "W=32, 64. The lifter has excluded b = 0." },
  remU: { effect: "pure", fields: "a b", doc: "W=32, 64. The lifter has excluded b = 0." },
  divS: { effect: "pure", fields: "a b", doc: "W=32, 64, truncating. The lifter has excluded b = 0 and overflow." },
  remS: { effect: "pure", fields: "a b", doc: "W=32, 64. The lifter has excluded b = 0 and overflow." },
  and: { effect: "pure", fields: "a b", doc: "Also W=1." },
  or: { effect: "pure", fields: "a b", doc: "Also W=1." },
  xor: { effect: "pure", fields: "a b", doc: "Also W=1." },
  not: { effect: "pure", fields: "a", doc: "Also W=1." },
  neg: { effect: "pure", fields: "a", doc: "" },
  shl: { effect: "pure", fields: "a b=count8", doc: "" },
  shr: { effect: "pure", fields: "a b=count8", doc: "" },
  sar: { effect: "pure", fields: "a b=count8", doc: "" },
  rotl: { effect: "pure", fields: "a b=count8", doc: "Count taken modulo W." },
  rotr: { effect: "pure", fields: "a b=count8", doc: "Count taken modulo W." },
  clz: { effect: "pure", fields: "a", doc: "W for a = 0." },
  ctz: { effect: "pure", fields: "a", doc: "W for a = 0." },
  popcnt: { effect: "pure", fields: "a", doc: "" },
  bswap: { effect: "pure", fields: "a", doc: "W=16, 32, 64." },
  zext: { effect: "pure", fields: "a", doc: "From a's narrower width to W. From width 1: 0 or 1." },
  sext: { effect: "pure", fields: "a", doc: "From a's narrower width to W. From width 1: 0 or all ones." },
  trunc: { effect: "pure", fields: "a", doc: "Low W bits. W=1: bit 0. From 128: the low lane." },
  eq: { effect: "pure", fields: "a b", doc: "W=1; operands of one width." },
  ne: { effect: "pure", fields: "a b", doc: "W=1." },
  ltU: { effect: "pure", fields: "a b", doc: "W=1." },
  ltS: { effect: "pure", fields: "a b", doc: "W=1." },
  leU: { effect: "pure", fields: "a b", doc: "W=1." },
  leS: { effect: "pure", fields: "a b", doc: "W=1." },
  select: { effect: "pure", fields: "a=cond b c", doc: "a ? b : c. W up to 128." },

  // flags (CF PF AF ZF SF OF); consumers keep them lazily
  flags: {
    effect: "write",
    fields: "x=FlagsKind a b c",
    doc: "The six status flags as an operation of that kind at width W leaves them; a, b operands, c result. See FlagsKind.",
  },
  setFlag: { effect: "write", fields: "x=Flag a", doc: "One flag from a boolean." },
  getFlag: { effect: "read", fields: "x=Flag", doc: "W=1." },
  cond: {
    effect: "read",
    fields: "x=condition code 0–15",
    doc: "W=1. SDM vol. 1 appendix B: O NO B NB Z NZ BE NBE S NS P NP L NL LE NLE.",
  },
  getRflags: { effect: "read", fields: "", doc: "W=64: all of RFLAGS, materialised." },
  setRflags: {
    effect: "write",
    fields: "a lo=mask",
    doc: "The bits in the mask; no checks, no side effects (POPF's privilege rules are the lifter's).",
  },

  // vectors
  simd: {
    effect: "pure",
    fields: "x=simdOp a b? c? lo=imm",
    doc: "One lane-wise operation of simdOps; W=128, or the width of a scalar result.",
  },

  // everything rare
  helper: {
    effect: "fault",
    fields: "x=helper a? b? c? lo hi",
    doc: "Calls a helper of `helpers`; it may fault (if its row says so), and may read and write any state. Operands that a call has no use for may be absent. W is its result's width or 0.",
  },
  raiseIf: {
    effect: "fault",
    fields: "x=vector a=cond lo=errorCode hi=hasErrorCode",
    doc: "Raises the exception when a.",
  },
  checkTarget: {
    effect: "fault",
    fields: "a",
    doc: "#GP(0) unless the 64-bit value is a legal near-branch target: in 64-bit code canonical (48 or, with CR4.LA57, 57 bits), else inside the code segment's limit.",
  },

  // terminators
  next: { effect: "end", fields: "", doc: "Falls through." },
  nextFresh: {
    effect: "end",
    fields: "",
    doc: "Falls through, but mode, mappings or interruptibility may have changed: nothing predecoded may be assumed, and pending events are looked at.",
  },
  jump: { effect: "end", fields: "lo hi", doc: "To the constant RIP hi:lo (already truncated to the operand size)." },
  branch: { effect: "end", fields: "a=cond lo hi", doc: "To the constant RIP hi:lo when a, else falls through." },
  jumpTo: { effect: "end", fields: "a", doc: "To the 64-bit value; checkTarget came before." },
  repeatIf: {
    effect: "end",
    fields: "a=cond",
    doc: "The same instruction again when a (one chunk of a REP is done), else falls through.",
  },
  dispatch: {
    effect: "end",
    fields: "",
    doc: "A helper of this fragment has set RIP (far transfer, IRET, SYSCALL …).",
  },
  raise: {
    effect: "end",
    fields: "x=vector lo=errorCode hi=kind",
    doc: "Raises the exception; hi: 0 without, 1 with error code.",
  },
  exit: {
    effect: "end",
    fields: "x=ExitKind a? b? lo hi",
    doc: "Leaves to the hypervisor, before any effect of the instruction. See ExitKind.",
  },
} as const satisfies Record<string, IrOpRow>;

export type IrOpName = keyof typeof irOps;
export const irOpNames: readonly IrOpName[] = Object.freeze(Object.keys(irOps)) as readonly IrOpName[];
/** Op numbers by name: `IrOp.add`. */
export const IrOp: { readonly [K in IrOpName]: number } = Object.freeze(
  Object.fromEntries(irOpNames.map((name, index) => [name, index])),
) as { readonly [K in IrOpName]: number };

/** Segment registers in encoding order (SDM vol. 2, Sreg field). */
export const Segment = { ES: 0, CS: 1, SS: 2, DS: 3, FS: 4, GS: 5 } as const;

/** Bits of `load`/`store` field lo. */
export const MemoryFlag = {
  /** A load whose fragment stores to the same place later: faults as a write would (error code W=1). */
  ForWrite: 1 << 0,
  /** #GP(0) unless the linear address is a multiple of the size (SSE aligned forms). */
  Aligned: 1 << 1,
  /** Explicit supervisor access whatever the CPL (descriptor tables, TSS). */
  Supervisor: 1 << 2,
  /** Fetch-like read of code (execute permission) – unused by ordinary instructions. */
  Execute: 1 << 3,
} as const;

/** Flags that `getFlag` and `setFlag` name, by their bit in RFLAGS: the six status flags, and DF for string instructions. */
export const Flag = { CF: 0, PF: 2, AF: 4, ZF: 6, SF: 7, DF: 10, OF: 11 } as const;

/**
 * What kind of operation left the flags. Result c is at width W; a and b are what it was computed from.
 * Undefined flags are left as current Intel and AMD processors leave them where those agree, else unchanged.
 */
export const FlagsKind = {
  /** c = a + b (+ carry in): also ADC, XADD. */
  Add: 0,
  /** c = a − b (− borrow in): also SBB, CMP, NEG (a = 0), CMPXCHG, SCAS, CMPS. */
  Sub: 1,
  /** CF = OF = AF = 0, SF ZF PF of c; a and b unused. */
  Logic: 2,
  /** As Add with b = 1, CF kept. */
  Inc: 3,
  /** As Sub with b = 1, CF kept. */
  Dec: 4,
  /**
   * c = a << b; b is the masked count (width 8, 0–63). Nothing changes when b = 0. SF ZF PF of c, AF = 0.
   * CF = bit W − b of a (0 when b > W). OF = CF XOR top bit of c, whatever the count. Also SHLD, where c has other low bits.
   */
  Shl: 5,
  /** The same for c = a >> b: CF = bit b − 1 of a (0 when b > W); OF = XOR of the two top bits of c. Also SHRD. */
  Shr: 6,
  /** The same, arithmetic: CF = bit b − 1 of a, its sign when b > W; OF = 0. */
  Sar: 7,
  /** Only CF and OF change, and nothing when the masked count b (before modulo W) is 0. CF = bit 0 of c; OF = CF XOR top bit of c. a unused. */
  Rol: 8,
  /** The same: CF = top bit of c; OF = XOR of the two top bits of c. */
  Ror: 9,
  /** a: boolean overflow (width 1) → CF = OF; SF ZF PF of c; AF = 0. */
  Mul: 10,
} as const;
export type FlagsKind = (typeof FlagsKind)[keyof typeof FlagsKind];

/** Reasons of `exit`; names follow the basic exit reasons of SDM vol. 3 appendix C. */
export const ExitKind = {
  /**
   * a = port (width 16); lo = size in bytes | in << 4 | immediate << 5 | addressSize << 8 (bits 8–15). INS and OUTS
   * leave through helper stringIo with the same exit: bit 6 set, bit 7 = REP, hi = segment.
   */
  Io: 0,
  Cpuid: 1,
  Hlt: 2,
  Rdmsr: 3,
  Wrmsr: 4,
  Vmcall: 5,
  Vmmcall: 6,
  Rdpmc: 7,
  /** a = offset (width 64), lo = segment. */
  Monitor: 8,
  Mwait: 9,
  Invd: 10,
  Wbinvd: 11,
  Xsetbv: 12,
  Pause: 13,
} as const;
export type ExitKind = (typeof ExitKind)[keyof typeof ExitKind];

/** Exception vectors (SDM vol. 3, table 7-1). */
export const Vector = {
  DE: 0,
  DB: 1,
  NMI: 2,
  BP: 3,
  OF: 4,
  BR: 5,
  UD: 6,
  NM: 7,
  DF: 8,
  TS: 10,
  NP: 11,
  SS: 12,
  GP: 13,
  PF: 14,
  MF: 16,
  AC: 17,
  MC: 18,
  XM: 19,
  CP: 21,
} as const;

/** Processor state that semantics name directly, with its width. Consumers map names to their own layout. */
export const stateFields = {
  mxcsr: 32,
  fsBase: 64,
  gsBase: 64,
  kernelGsBase: 64,
  cr0: 64,
  cr2: 64,
  cr3: 64,
  cr4: 64,
  cr8: 64,
  xcr0: 64,
  tscAux: 32,
  pkru: 32,
  fcw: 16,
  fsw: 16,
  ftw: 16,
} as const satisfies Record<string, IrWidth>;
export type StateFieldName = keyof typeof stateFields;
export const stateFieldNames: readonly StateFieldName[] = Object.freeze(
  Object.keys(stateFields),
) as readonly StateFieldName[];

/** One instruction's rows; the builder reuses it, so copy what must live longer. */
export interface IrFragment {
  /** `count × IR_STRIDE` int32 are valid. */
  readonly rows: Int32Array;
  readonly count: number;
}
