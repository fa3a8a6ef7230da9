/** Port I/O bus: ranges, overlap rules, access widths, string I/O, observers. No CPU, no devices. */
export {};
