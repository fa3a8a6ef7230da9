/** CLFLUSH, CLFLUSHOPT, CLWB: the line must be readable; nothing else can be seen. */
import type { Semantics, SemanticsTable } from "../lift.ts";

const touch: Semantics = (b) => {
  b.probe(b.segment, b.address(), 1, false);
  b.next();
};

export const semantics: SemanticsTable = { clflush: touch, clflushopt: touch, clwb: touch };
