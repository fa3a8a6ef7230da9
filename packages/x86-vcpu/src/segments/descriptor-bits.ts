/** Bits of the high word of descriptors and gates (SDM vol. 3 §3.4.5, §7.11, §7.14.1). */
const PRESENT = 1 << 15;
const CODE_OR_DATA = 1 << 12;
const CODE = 1 << 11;
export const CONFORMING = 1 << 10;
export const EXPAND_DOWN = 1 << 10;
const WRITABLE = 1 << 9;
const ACCESSED = 1 << 8;
export const LONG = 1 << 21;
export const BIG = 1 << 22;

/** Present code, marked accessed. */
export const CODE_WANTED: number = PRESENT | CODE_OR_DATA | CODE | ACCESSED;
/** Present writable data, marked accessed. */
export const STACK_WANTED: number = PRESENT | CODE_OR_DATA | WRITABLE | ACCESSED;
export const STACK_MASK: number = STACK_WANTED | CODE;
/** Interrupt and trap gates of 32 and 64 bits: type 14 or 15, present. */
export const GATE_MASK = 0x9e00;
export const GATE_WANTED = 0x8e00;
