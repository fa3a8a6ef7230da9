/** Routines in TypeScript that records call (`script`): numbers in the record's imm. Helpers of x86-lift follow from `FIRST_HELPER`. */
export const Script = { GetRflags: 0, SetRflags: 1, Probe: 2, Simd: 3 } as const;
export const FIRST_HELPER = 16;
/** "No operand" in a script record's slots. */
export const NO_SLOT = 0xffff;

/** What `leave` records mean; in imm. */
export const Leave = {
  /** Falls through to RIP + length; everything may have changed. */
  Fresh: 0,
  /** A helper has set RIP. */
  Dispatch: 1,
  /** t: the error code, b: whether there is one, d: the vector. */
  Raise: 2,
  /** d: ExitKind, a: slot of the operand; the next record has lo and hi. */
  Exit: 3,
  /** No semantics. */
  Unimplemented: 4,
} as const;
