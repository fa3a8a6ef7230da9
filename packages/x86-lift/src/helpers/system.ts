import type { HelperSpec } from "../helpers.ts";

/** Far transfers, system registers, descriptor tables, exceptions: implemented by the processor. */
export const systemHelpers = {
  /** Software interrupt with its gate checks; sets RIP. lo = vector, hi = kind: 0 INT n, 1 INT3, 2 INTO, 3 INT1. */
  softwareInterrupt: { args: [], result: 0, faults: true, doc: "INT n, INT3, INTO, INT1 (SDM vol. 3 §6.12); sets RIP." },
} as const satisfies Record<string, HelperSpec>;
