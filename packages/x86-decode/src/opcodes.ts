/** Numbers that the generator and the decoder share: operand kinds, selectors of the decision tree, form flags. */

/** How a decoder finds one operand. An operand code is `kind | argument << 8`. */
export const Operand = {
  None: 0,
  /** Argument: the register. */
  Fixed: 1,
  /** Argument: first register of the class; number from ModR/M.reg with R and R'. */
  Reg: 2,
  /** ModR/M.rm with B (and X in EVEX), or memory. */
  Rm: 3,
  /** Byte register in ModR/M.reg: 4–7 are AH–BH without a REX prefix, SPL–DIL with one. */
  Reg8: 4,
  Rm8: 5,
  Memory: 6,
  /** Low three bits of the opcode with B. */
  OpcodeReg: 7,
  OpcodeReg8: 8,
  /** Vector.vvvv. */
  Vvvv: 9,
  /** Any register of the aligned group of four that is the source. */
  VvvvBlock: 10,
  /** High four bits of the immediate byte. */
  Is4: 11,
  /** Class of eight registers in ModR/M.reg; R is ignored. */
  Reg3: 12,
  /** Class of eight in ModR/M.rm, or memory; B is ignored. */
  Rm3: 13,
  /** Segment register; argument 1: as a destination, where CS is not allowed. */
  Segment: 14,
  Control: 15,
  Debug: 16,
  Test: 17,
  /** Opmask in ModR/M.reg: R and R' must be clear. */
  MaskReg: 18,
  MaskVvvv: 19,
  /** Bound register in ModR/M.reg, 0–3. */
  BoundReg: 20,
  BoundRm: 21,
  /** Tile register in ModR/M.reg or .rm, 0–7. */
  TileReg: 22,
  TileRm: 23,
  TileVvvv: 24,
  /** Argument: first register of the index class. */
  Vsib: 25,
  /** Direct offset. */
  Moffs: 26,
  StringSource: 27,
  StringDestination: 28,
  MaskDestination: 29,
  /** DS:[rBX+AL]. */
  Xlat: 30,
  Imm8: 31,
  /** Argument: bytes of the result, to which the immediate is sign-extended. */
  Imm8Signed: 32,
  Imm16: 33,
  Imm32: 34,
  Imm32Signed64: 35,
  Imm64: 36,
  /** The constant 1 of `D0`/`D1` shifts. */
  One: 37,
  /** Second immediate byte. */
  Imm8Second: 38,
  /** Low four bits of an `/is5` byte. */
  Imm4: 39,
  /** Relative branches; argument: bytes of the target. */
  Rel8: 40,
  Rel16: 41,
  Rel32: 42,
  /** Absolute near targets (JMPE). */
  Disp16: 43,
  Disp32: 44,
  Far16: 45,
  Far32: 46,
  /** Register of the address size that the memory operand's address attribute selects (MOVDIR64B). */
  MaskRm: 47,
  /** Memory that must be RIP-free and 64-bit addressed (MPX). */
  MemoryMpx: 48,
  RmMpx: 49,
  MemoryMib: 50,
  MemorySib: 51,
} as const;

/**
 * What a node of the decision tree looks at: `shift | mask << 5` into the decoder's state, or into the options. The state
 * is ModR/M.rm and .reg as they lie in the byte, and above it what else tells forms apart, each at its selector's shift.
 */
export const Selector = {
  Rm: 0 | (7 << 5) | (1 << 9),
  Reg: 3 | (7 << 5) | (1 << 9),
  /** Memory, register. */
  Mod: 8 | (1 << 5) | (1 << 9),
  /** Mode and operand size: legacy 16, legacy 32, long 16, long 32, long 64. */
  Context: 9 | (7 << 5),
  /** None, 66, F3, F2. */
  Prefix: 12 | (3 << 5),
  W: 14 | (1 << 5),
  /** 128, 256, 512, reserved. */
  Length: 15 | (3 << 5),
  /** 16, 32, 64. */
  AddressSize: 17 | (3 << 5),
  /** REX.B. */
  B: 19 | (1 << 5),
  /** Option bit: `Option | bit`. */
  Option: (1 << 5) | (1 << 8),
} as const;
/** Bits of a selector: it looks at the options; it needs the ModR/M byte. */
export const SelectorFlag = { Options: 1 << 8, ModRm: 1 << 9 } as const;

/** Opcode maps, 256 entries each. */
export const OpcodeMap = {
  Legacy: 0,
  Legacy0f: 1,
  Legacy0f38: 2,
  Legacy0f3a: 3,
  Now3d: 4,
  /** VEX maps 0–3 follow. */
  Vex: 5,
  /** XOP maps 8–10. */
  Xop: 9,
  /** EVEX maps 1, 2, 3, 5, 6. */
  Evex0f: 12,
  Evex0f38: 13,
  Evex0f3a: 14,
  Evex5: 15,
  Evex6: 16,
  Count: 17,
} as const;

/** Bits of a form's flag word. */
export const FormFlag = {
  ModRm: 1 << 0,
  /** LOCK is allowed when the first operand is memory. */
  Lock: 1 << 1,
  /** F3 or F2 belongs to the opcode. */
  MandatoryF3: 1 << 2,
  MandatoryF2: 1 << 3,
  /** vvvv names an operand; otherwise it must be 1111. */
  Vvvv: 1 << 4,
  /** EVEX: opmask allowed, required, zeroing allowed. */
  Mask: 1 << 5,
  MaskRequired: 1 << 6,
  Zeroing: 1 << 7,
  Broadcast: 1 << 8,
  Rounding: 1 << 9,
  Sae: 1 << 10,
  /** Register numbers of index, mask and destination must differ. */
  Unique: 1 << 11,
  /** The destination must not be a source. */
  UniqueDestination: 1 << 12,
  /** LOCK selects CR8 (AMD). */
  LockCr8: 1 << 13,
  /** ModR/M.mod is ignored. */
  AnyMod: 1 << 14,
  /** Rounding bits are ignored. */
  IgnoreRounding: 1 << 15,
  Vsib: 1 << 23,
  /** A 66 prefix raises #UD. */
  No66: 1 << 24,
  /** MPX: no 16-bit addressing, always 64-bit addressing in 64-bit code. */
  Mpx: 1 << 25,
  /** MIB addresses, and BNDMK's, cannot be RIP-relative. */
  NoRip: 1 << 26,
  /** Text: `dword ptr`, because no register gives the size. */
  SizeWord: 1 << 27,
  /** Text: `data16` if the operand size is not the one of the mode. */
  OperandSizeWord: 1 << 28,
  /** Text: `addr32`, because no operand shows the address size. */
  AddressSizeWord: 1 << 29,
  /** Text: the operands are not simply those of the encoding. */
  Template: 1 << 30,
  /** Target of an indirect branch (AT&T `*`). */
  Indirect: 1 << 31,
} as const;
/** Operand size: `flags >>> 16 & 3`: 0 from prefixes, 1 16, 2 32, 3 64 bits. Tuple: `flags >>> 18 & 31`. */
export const operandSizeShift = 16;
export const tupleShift = 18;

/** EVEX tuples: disp8 scale without and with broadcast. */
export const tuples: readonly (readonly [name: string, bytes: number, broadcast: number])[] = [
  ["n1", 1, 1],
  ["n2", 2, 2],
  ["n4", 4, 4],
  ["n8", 8, 8],
  ["n16", 16, 16],
  ["n32", 32, 32],
  ["n64", 64, 64],
  ["n8b4", 8, 4],
  ["n16b4", 16, 4],
  ["n32b4", 32, 4],
  ["n64b4", 64, 4],
  ["n16b8", 16, 8],
  ["n32b8", 32, 8],
  ["n64b8", 64, 8],
  ["n4b2", 4, 2],
  ["n8b2", 8, 2],
  ["n16b2", 16, 2],
  ["n32b2", 32, 2],
  ["n64b2", 64, 2],
];
