import { Register } from "./register.ts";

/** What an operand is. The value fields that belong to each kind are named beside it. */
export const OpKind = {
  None: 0,
  /** `opReg(i)`. */
  Register: 1,
  /** ModR/M, moffs or VSIB memory: `memSegment`, `memBase`, `memIndex`, `memScale`, `memDispLow/High`. */
  Memory: 2,
  /** First immediate: `immLow`/`immHigh`, already sign- or zero-extended to `opSize(i)` bytes. */
  Immediate: 3,
  /** Second immediate (ENTER, EXTRQ, INSERTQ …): `imm2`, 8 bits. */
  Immediate2: 4,
  /** Near branch: absolute target offset in `targetLow`/`targetHigh`, truncated to the operand size. */
  NearBranch: 5,
  /** Far pointer: offset in `targetLow`, selector in `farSelector`. */
  FarBranch: 6,
  /** String source: `memSegment`:[rSI] of `addressSize`. */
  StringSource: 7,
  /** String destination: ES:[rDI] of `addressSize`. */
  StringDestination: 8,
  /** `memSegment`:[rDI] of `addressSize` (MASKMOVQ, MASKMOVDQU). */
  MaskDestination: 9,
} as const;
export type OpKind = (typeof OpKind)[keyof typeof OpKind];

/** Bits of `Instruction.prefixes`: which prefixes stood in the encoding, whether or not they had a meaning. */
export const Prefix = {
  Lock: 1 << 0,
  /** F3, when it is REP/REPE/XRELEASE and not part of the opcode. */
  Rep: 1 << 1,
  /** F2, when it is REPNE/XACQUIRE/BND and not part of the opcode. */
  Repne: 1 << 2,
  OperandSize: 1 << 3,
  AddressSize: 1 << 4,
  /** A segment override stood in the encoding (`segmentPrefix` names it). */
  Segment: 1 << 5,
  Rex: 1 << 6,
  RexW: 1 << 7,
} as const;

/** Why a decode gave no instruction. */
export const DecodeError = {
  None: 0,
  /** No such encoding in this mode. */
  Invalid: 1,
  /** The bytes end inside the instruction. */
  Truncated: 2,
  /** More than 15 bytes. */
  TooLong: 3,
} as const;
export type DecodeError = (typeof DecodeError)[keyof typeof DecodeError];

/**
 * One decoded instruction: a flat record of small integers that a decoder refills without allocating.
 *
 * Every decode sets what its operands' kinds name; `targetLow/High`, `farSelector` and `imm2` keep their old values
 * in an instruction that has no such operand. After an error only `error`, `length`, the address and the (empty)
 * operands mean anything.
 *
 * 64-bit quantities are pairs of 32-bit halves: `xLow` and `xHigh`, both as **signed** int32 (`| 0`), because
 * a bigint for every displacement would cost more than the decode. The bigint getters are for convenience.
 */
export class Instruction {
  /** Address of the first byte. */
  ipLow = 0;
  ipHigh = 0;
  /** Bytes, 1–15; for an error the bytes looked at, at least 1 when any byte was there. */
  length = 0;
  error: DecodeError = DecodeError.None;
  /** Index of the form in the generated tables; 0 is invalid. */
  form = 0;
  /** Index into `mnemonicNames`; 0 is invalid. */
  mnemonic = 0;
  /** Mode of the code segment: 16, 32 or 64. */
  bitness = 64;
  /** Effective operand size in bits (16, 32, 64) as the form uses it. */
  operandSize = 32;
  /** Effective address size in bits (16, 32, 64). */
  addressSize = 64;
  /** `Prefix` bits. */
  prefixes = 0;
  /** Register of the last segment override prefix that counts, or `Register.None`. */
  segmentPrefix: number = Register.None;

  opCount = 0;
  opKind0: OpKind = OpKind.None;
  opKind1: OpKind = OpKind.None;
  opKind2: OpKind = OpKind.None;
  opKind3: OpKind = OpKind.None;
  opKind4: OpKind = OpKind.None;
  opReg0: number = Register.None;
  opReg1: number = Register.None;
  opReg2: number = Register.None;
  opReg3: number = Register.None;
  opReg4: number = Register.None;

  /** Effective segment of the memory operand (override or default). */
  memSegment: number = Register.None;
  /** Base register, or RIP/EIP (then the displacement already is the absolute address), or None. */
  memBase: number = Register.None;
  memIndex: number = Register.None;
  /** 1, 2, 4 or 8. */
  memScale = 1;
  /** Displacement sign-extended to 64 bits; absolute for RIP-relative operands. */
  memDispLow = 0;
  memDispHigh = 0;
  /** Bytes that the displacement takes in the encoding: 0, 1, 2, 4 or 8. */
  memDispSize = 0;
  /** Bytes accessed by the memory operand; 0 if it has none or is unsized (LEA, INVLPG, XSAVE …). */
  memSize = 0;

  immLow = 0;
  immHigh = 0;
  /** Bytes that the immediate takes in the encoding: 0, 1, 2, 4 or 8. */
  immSize = 0;
  imm2 = 0;

  targetLow = 0;
  targetHigh = 0;
  farSelector = 0;

  /** Offset of the displacement inside the encoding, or 0. */
  dispOffset = 0;
  /** Offset of the (first) immediate inside the encoding, or 0. */
  immOffset = 0;

  /** EVEX/MVEX extras: opmask register number (0 none), zeroing, broadcast, embedded rounding (0 none, 1 rn, 2 rd, 3 ru, 4 rz), suppress-all-exceptions. */
  opmask = 0;
  zeroing = false;
  broadcast = false;
  rounding = 0;
  sae = false;

  opKind(index: number): OpKind {
    switch (index) {
      case 0:
        return this.opKind0;
      case 1:
        return this.opKind1;
      case 2:
        return this.opKind2;
      case 3:
        return this.opKind3;
      case 4:
        return this.opKind4;
      default:
        return OpKind.None;
    }
  }

  opReg(index: number): number {
    switch (index) {
      case 0:
        return this.opReg0;
      case 1:
        return this.opReg1;
      case 2:
        return this.opReg2;
      case 3:
        return this.opReg3;
      case 4:
        return this.opReg4;
      default:
        return Register.None;
    }
  }

  get ip(): bigint {
    return pair(this.ipLow, this.ipHigh);
  }

  /** Address of the byte after the instruction, modulo 2^64. */
  get nextIp(): bigint {
    return BigInt.asUintN(64, this.ip + BigInt(this.length));
  }

  /** The immediate, zero-extended view of its 64 bits. */
  get immediate(): bigint {
    return pair(this.immLow, this.immHigh);
  }

  get displacement(): bigint {
    return pair(this.memDispLow, this.memDispHigh);
  }

  get branchTarget(): bigint {
    return pair(this.targetLow, this.targetHigh);
  }
}

const pair = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
