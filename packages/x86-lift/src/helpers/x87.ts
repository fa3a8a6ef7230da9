import type { HelperSpec } from "../helpers.ts";

/** x87 instructions: all of them work on the register file through helpers. */
export const x87Helpers = {
  x87Wait: {
    args: [],
    result: 0,
    faults: true,
    doc: "#MF if an unmasked x87 exception is pending (or FERR# semantics when CR0.NE = 0).",
  },
} as const satisfies Record<string, HelperSpec>;
