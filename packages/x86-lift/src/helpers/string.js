/**
 * REP string instructions in chunks. Each call does at most one chunk (up to the next page end of either operand, at
 * most 4,096 bytes, one element under TF) and answers in width 1 whether iterations remain; each chunk counts as one
 * retired instruction, in every engine alike.
 */
export const stringHelpers = {
    repMovs: { args: [], result: 1, faults: true, doc: "lo = element bytes | addressSize << 8, hi = source segment." },
};
