/** SSE operations that touch MXCSR or are too rare for an operation of their own. */
export const simdHelpers = {
    mmxEnter: { args: [], result: 0, faults: true, doc: "#MF if an x87 exception is pending; then TOP = 0 and all tags valid (SDM vol. 1 §9.6)." },
};
