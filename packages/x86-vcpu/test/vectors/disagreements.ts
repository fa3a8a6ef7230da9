/**
 * Where the processor that wrote the vectors (AMD, family 25 model 1) and the manuals part, or the manuals leave a
 * choice that it makes otherwise than we do. Such cases are drawn and run, and then left out. README.md prints this.
 */
import { type Instruction, mnemonicNames, OpKind, Prefix, Register } from "x86-decode";
import { At } from "./case-state.ts";
import { isWidePushOfSegment } from "./tolerance.ts";

export interface Disagreement {
  readonly what: string;
  readonly processor: string;
  readonly ours: string;
  readonly source: string;
  readonly applies: (insn: Instruction, record: Uint8Array, result: Uint8Array) => boolean;
}

const name = (insn: Instruction): string => mnemonicNames[insn.mnemonic]!;
const has = (insn: Instruction, prefix: number): boolean => (insn.prefixes & prefix) !== 0;
const trapOf = (result: Uint8Array): number => new DataView(result.buffer, result.byteOffset).getInt32(At.trap, true);

export const disagreements: readonly Disagreement[] = [
  {
    what: "66 before a near branch in 64-bit code",
    processor: "operand size 16: RIP is cut to 16 bits, CALL and RET move two bytes",
    ours: "ignored",
    source: "SDM vol. 2 (JMP, Jcc, CALL, RET: operand size fixed at 64 bits); APM vol. 3 differs",
    applies: (insn) => insn.bitness === 64 && has(insn, Prefix.OperandSize) && /^(j|call|ret|loop)/.test(name(insn)),
  },
  {
    what: "F2 or F3 before LOOPE and LOOPNE",
    processor: "F2 makes it LOOPNE, F3 LOOPE",
    ours: "ignored",
    source: "neither manual gives REP a meaning there",
    applies: (insn) => has(insn, Prefix.Rep | Prefix.Repne) && /^loopn?e$/.test(name(insn)),
  },
  {
    what: "PUSH of a segment register with 32-bit operand size",
    processor: "writes four bytes, the upper two zero",
    ours: "writes two bytes",
    source: "SDM vol. 2, PUSH: both are allowed",
    // tolerance.ts ignores the two bytes; faults can differ with the width.
    applies: (insn, _, result) => isWidePushOfSegment(insn) && trapOf(result) >= 0,
  },
  {
    what: "SHA instructions on memory that is not aligned to 16 bytes",
    processor: "no fault",
    ours: "#GP(0)",
    source: "SDM vol. 2, exceptions type 4",
    applies: (insn, _, result) => /^sha(1|256)/.test(name(insn)) && insn.opKind1 === OpKind.Memory && trapOf(result) !== 13,
  },
  {
    what: "0F 0D with a register",
    processor: "#UD",
    ours: "no operation",
    source: "SDM vol. 2, table A-3: reserved NOP on Intel; APM vol. 3, PREFETCH: memory only",
    // forms.ts leaves the form out.
    applies: () => false,
  },
  {
    what: "MOVSXD with a 16-bit destination and memory",
    processor: "reads four bytes",
    ours: "reads two bytes",
    source: "SDM vol. 2, MOVSXD r16, r/m16",
    applies: (insn, _, result) => name(insn) === "movsxd" && insn.operandSize === 16 && trapOf(result) >= 0,
  },
  {
    what: "FXSAVE and FXRSTOR, misaligned with alignment checks on",
    processor: "#AC",
    ours: "#GP(0)",
    source: "SDM vol. 2, FXSAVE: which of the two is the implementation's",
    applies: (insn, _, result) => /^fx(save|rstor)/.test(name(insn)) && trapOf(result) === 17,
  },
  {
    what: "the address that a page fault reports when an image of several parts crosses into a missing page",
    processor: "any part's",
    ours: "the first missing byte's",
    source: "SDM vol. 3 §4.7: an address of the access",
    applies: (insn, _, result) => /^f(x(save|rstor)|n?(save|stenv)|rstor|ldenv)/.test(name(insn)) && trapOf(result) === 14,
  },
  {
    what: "PUSHA, POPA and ENTER that fault half-way",
    processor: "POPA leaves the registers loaded so far; CR2 is any part's",
    ours: "registers as before",
    source: "the manuals promise a restart only",
    applies: (insn, _, result) => /^(pusha|popa|enter)/.test(name(insn)) && trapOf(result) >= 0,
  },
  {
    what: "MASKMOVQ that faults",
    processor: "the x87 registers have become MMX registers",
    ours: "as before",
    source: "SDM vol. 3 §12.1: the transition is the instruction's",
    applies: (insn, _, result) => name(insn) === "maskmovq" && trapOf(result) >= 0,
  },
  {
    what: "two faults in one instruction: CMPS on both operands, CALL on its target and its stack",
    processor: "CMPS: ES:rDI first; CALL: the push first",
    ours: "CMPS: the source first; CALL: #GP of the target first",
    source: "SDM vol. 2, CALL: the target is checked before the push; nothing for CMPS",
    applies: (insn, _, result) => (/^cmps[bwdq]$/.test(name(insn)) && trapOf(result) >= 0) || (name(insn) === "call" && [12, 14, 17].includes(trapOf(result))),
  },
  {
    what: "a 16-byte operand through SS that is neither aligned nor canonical",
    processor: "#GP(0)",
    ours: "#SS(0)",
    source: "SDM vol. 2, exceptions type 4 names both",
    applies: (insn, _, result) => insn.memSegment === Register.SS && insn.memSize === 16 && trapOf(result) === 13,
  },
  {
    what: "MASKMOVDQU at a multiple of eight with alignment checks on",
    processor: "no fault",
    ours: "#AC",
    source: "SDM vol. 2, MASKMOVDQU: need not be aligned; whether #AC is checked is the implementation's",
    applies: (insn, _, result) =>
      name(insn) === "maskmovdqu" && (new DataView(result.buffer, result.byteOffset).getUint32(At.rflags, true) & 0x4_0000) !== 0,
  },
];

export const isDisputed = (insn: Instruction, record: Uint8Array, result: Uint8Array): boolean =>
  disagreements.some(({ applies }) => applies(insn, record, result));
