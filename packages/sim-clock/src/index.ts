/** Virtual time in nanoseconds: alarms in a deterministic order, derived from retired instructions. */
export {};
