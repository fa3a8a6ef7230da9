/** x86 instructions to a small typed IR: what every instruction means, written once. */
export {};
