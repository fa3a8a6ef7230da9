/** Bit-exact IEEE 754 arithmetic as x86 does it: binary32, binary64 and 80-bit extended, with exceptions, rounding and precision control. */
export {};
