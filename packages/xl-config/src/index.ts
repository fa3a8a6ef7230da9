/** Xen's xl.cfg syntax: parser with line and column, and its mapping to a machine configuration. */
export {};
