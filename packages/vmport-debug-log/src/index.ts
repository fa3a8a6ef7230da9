/** The vmport_debug= log: masks, ring buffer, Xen console text and JSON lines. */
export {};
