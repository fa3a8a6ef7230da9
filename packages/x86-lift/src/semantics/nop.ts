/** Instructions that do nothing that a program can see on this machine: no caches, no reordering, no speculation. */
import type { Semantics, SemanticsTable } from "../lift.ts";

const nothing: Semantics = (b) => {
  b.next();
};

export const semantics: SemanticsTable = {
  nop: nothing,
  reservednop: nothing,
  endbr32: nothing,
  endbr64: nothing,
  /** With shadow stacks off these keep their destination. */
  rdsspd: nothing,
  rdsspq: nothing,
  cldemote: nothing,
  prefetch: nothing,
  prefetchw: nothing,
  prefetchwt1: nothing,
  prefetchit0: nothing,
  prefetchit1: nothing,
  prefetchnta: nothing,
  prefetcht0: nothing,
  prefetcht1: nothing,
  prefetcht2: nothing,
  lfence: nothing,
  mfence: nothing,
  sfence: nothing,
  serialize: nothing,
};
