/** Guest-physical memory in one WebAssembly.Memory: RAM, ROM and MMIO regions, dirty and code-page tracking. */
export {};
