/** How an instruction ends; `Selector.instruction` returns it. Targets are in `targetLow`/`targetHigh`. */
export const End = {
  /** The next instruction follows in the same block. */
  Next: 0,
  /** The same, but the block must end (a helper was called). */
  NextBlock: 1,
  /** To the target. */
  Jump: 2,
  /** A record with two block pointers was written: `t` is where it falls through. */
  Branch: 3,
  /** The block's last record was written. */
  Done: 4,
  /** As Branch, with the target being the instruction itself. */
  Repeat: 5,
} as const;
export type End = (typeof End)[keyof typeof End];
