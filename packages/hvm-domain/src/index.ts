/** A Xen-style HVM domain: creation flags, HVM parameters, CPUID policy, exception bitmap, VM-exit dispatch. */
export {};
