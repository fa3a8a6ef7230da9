/** Just enough of the Linux x86-64 process ABI to run one user program at ring 3 without a kernel. */
export {};
