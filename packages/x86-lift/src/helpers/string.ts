import type { HelperSpec } from "../helpers.ts";

/**
 * REP string instructions in chunks. Each call does at most one chunk (up to the next page end of either operand, at
 * most 4,096 bytes, one element under TF) and answers in width 1 whether iterations remain; each chunk counts as one
 * retired instruction, in every engine alike.
 *
 * All: lo = element bytes (1, 2, 4, 8) | address size (16, 32, 64) << 8 | repne << 16, hi = segment of the rSI operand
 * (the rDI operand is in ES). rSI, rDI and rCX are as wide as the address size; 32-bit ones are written zero-extended,
 * 16-bit ones leave the upper bits. DF gives the direction. rCX = 0 at the start: nothing happens (32-bit rCX is not
 * even zero-extended), the answer is false. After every element rSI, rDI and rCX are architectural: a fault at an
 * element leaves the earlier ones done and the registers pointing at the faulting one (SDM vol. 2, REP), RIP at the
 * instruction; a chunk that ends early for that reason may also answer true and let the next call raise the fault.
 */
export const stringHelpers = {
  repMovs: {
    args: [],
    result: 1,
    faults: true,
    doc: "REP MOVS: ES:[rDI] ← segment:[rSI]. Overlapping operands behave as element by element.",
  },
  repStos: { args: [], result: 1, faults: true, doc: "REP STOS: ES:[rDI] ← AL, AX, EAX or RAX." },
  repLods: { args: [], result: 1, faults: true, doc: "REP LODS: AL, AX, EAX or RAX ← segment:[rSI]." },
  repCmps: {
    args: [],
    result: 1,
    faults: true,
    doc: "REPE CMPS (repne = 0) goes on while equal, REPNE while different: flags of segment:[rSI] − ES:[rDI], of the last element compared; unchanged when rCX = 0. A mismatch (match) also answers false.",
  },
  repScas: {
    args: [],
    result: 1,
    faults: true,
    doc: "REPE or REPNE SCAS: flags of accumulator − ES:[rDI], as for repCmps.",
  },
} as const satisfies Record<string, HelperSpec>;
