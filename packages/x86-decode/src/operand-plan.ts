/**
 * The operand table as the decoder wants it: most operands are a constant or a register whose number is a field of the
 * encoding, and then one line of arithmetic finds them; bytes behind ModR/M belong to the form as a whole.
 */
import { OpKind } from "./instruction.ts";
import { Operand } from "./opcodes.ts";
import { Register } from "./register.ts";
import { operandTable } from "./tables.gen.ts";

/** Where the numbers of registers lie in the word of fields: ModR/M.reg, ModR/M.rm, low bits of the opcode, vvvv. */
export const Field = { Reg: 0, Rm: 5, Opcode: 10, Vvvv: 14 } as const;

/** Parts of a plan word: `OpKind` in 4 bits, register in 12, shift and mask of the field to be added in 5 each. */
export const PlanBit = {
  /** None of the above: `rareOperand`. */
  Rare: 1 << 26,
  /** Byte register: rare after REX. */
  Byte: 1 << 27,
} as const;

/** Words of a plan behind those of the five operands. */
export const PlanWord = {
  /** What follows ModR/M: `Tail` fields, or 0. */
  Tail: 5,
  /** `PlanTrait` bits. */
  Traits: 6,
  /** First register of the VSIB class. */
  Vsib: 7,
} as const;
/** Fields of the tail word. */
export const Tail = {
  /** Bytes of the immediate or branch displacement. */
  Size: 0xf,
  /** The immediate is not sign-extended to 32 bits. */
  Unsigned: 1 << 4,
  /** The immediate is sign-extended to 64 bits. */
  SignExtended: 1 << 5,
  /** The immediate is sign-extended to 16 bits. */
  Word: 1 << 6,
  /** Relative branch: bytes of its target, or a `TailTarget`. */
  Target: 8,
} as const;
/** What is no immediate, and no relative branch with a target of fixed size. */
export const TailTarget = {
  /** Relative: as wide as the mode's instruction pointer. */
  Mode: 16,
  Absolute: 17,
  Far: 18,
  /** Address of memory, as wide as addresses are. */
  Moffs: 19,
  /** The immediate 1 that takes no bytes. */
  One: 20,
} as const;
export const PlanTrait = {
  /** An immediate byte follows the first immediate. */
  SecondImmediate: 1 << 0,
  /** General register in ModR/M.reg: there are no registers 16–31. */
  GeneralReg: 1 << 1,
} as const;

/** A set of operands has two plans of `planWords`: for a register in ModR/M.rm, and for memory. */
export const planWords = 8;

const field = (register: number, shift: number, mask: number): number =>
  OpKind.Register | (register << 4) | (shift << 16) | (mask << 21);

/** Operands that may be memory. */
const inRm: ReadonlySet<number> = /* @__PURE__ */ new Set([
  Operand.Rm,
  Operand.RmMpx,
  Operand.Rm3,
  Operand.Rm8,
  Operand.BoundRm,
]);

function planWord(code: number): number {
  const argument = (code >> 8) & 0xfff;
  const isVector = argument >= Register.XMM0 && argument < Register.K0;
  switch (code & 0xff) {
    case Operand.None:
      return 0;
    case Operand.Fixed:
      return field(argument, 0, 0);
    case Operand.Reg:
      return field(argument, Field.Reg, isVector ? 31 : 15);
    case Operand.Reg3:
    case Operand.Test:
      return field(argument, Field.Reg, 7);
    case Operand.Reg8:
      return field(Register.AL, Field.Reg, 7) | PlanBit.Byte;
    case Operand.Rm:
    case Operand.RmMpx:
      return field(argument, Field.Rm, isVector ? 31 : 15);
    case Operand.Rm3:
      return field(argument, Field.Rm, 7);
    case Operand.Rm8:
      return field(Register.AL, Field.Rm, 7) | PlanBit.Byte;
    case Operand.OpcodeReg:
      return field(argument, Field.Opcode, 15);
    case Operand.OpcodeReg8:
      return field(Register.AL, Field.Opcode, 7) | PlanBit.Byte;
    case Operand.Vvvv:
    case Operand.VvvvBlock:
      return field(argument, Field.Vvvv, 31);
    case Operand.Memory:
    case Operand.MemoryMpx:
    case Operand.MemoryMib:
    case Operand.MemorySib:
    case Operand.Vsib:
    case Operand.Moffs:
      return OpKind.Memory;
    case Operand.Imm8:
    case Operand.Imm8Signed:
    case Operand.Imm16:
    case Operand.Imm32:
    case Operand.Imm32Signed64:
    case Operand.Imm64:
    case Operand.One:
      return OpKind.Immediate;
    case Operand.Imm8Second:
      return OpKind.Immediate2;
    case Operand.Rel8:
    case Operand.Rel16:
    case Operand.Rel32:
    case Operand.Disp16:
    case Operand.Disp32:
      return OpKind.NearBranch;
    case Operand.Far16:
    case Operand.Far32:
      return OpKind.FarBranch;
    default:
      return PlanBit.Rare;
  }
}

/** Tail word of an operand that takes bytes behind ModR/M, 0 of others. */
function tailWord(code: number): number {
  const argument = (code >> 8) & 0xfff;
  const relative = (argument !== 0 ? argument : TailTarget.Mode) << Tail.Target;
  switch (code & 0xff) {
    case Operand.Imm8:
    case Operand.Is4:
      return 1 | Tail.Unsigned;
    case Operand.Imm8Signed:
      return 1 | (argument === 2 ? Tail.Word : argument === 8 ? Tail.SignExtended : 0);
    case Operand.Imm16:
      return 2 | Tail.Unsigned;
    case Operand.Imm32:
      return 4;
    case Operand.Imm32Signed64:
      return 4 | Tail.SignExtended;
    case Operand.Imm64:
      return 8;
    case Operand.Rel8:
      return 1 | relative;
    case Operand.Rel16:
      return 2 | relative;
    case Operand.Rel32:
      return 4 | relative;
    case Operand.Disp16:
      return 2 | (TailTarget.Absolute << Tail.Target);
    case Operand.Disp32:
      return 4 | (TailTarget.Absolute << Tail.Target);
    case Operand.Far16:
      return 2 | (TailTarget.Far << Tail.Target);
    case Operand.Far32:
      return 4 | (TailTarget.Far << Tail.Target);
    case Operand.Moffs:
      return TailTarget.Moffs << Tail.Target;
    case Operand.One:
      return TailTarget.One << Tail.Target;
    default:
      return 0;
  }
}

/** Two plans per operand set. */
export const operandPlans: Int32Array = /* @__PURE__ */ (() => {
  const sets = operandTable.length / 5;
  const plans = new Int32Array(sets * 2 * planWords);
  for (let set = 0; set < sets; set++) {
    const codes = operandTable.subarray(set * 5, set * 5 + 5);
    let traits = 0;
    let vsib = 0;
    for (const code of codes) {
      const place = code & 0xff;
      if (place === Operand.Imm8Second) traits |= PlanTrait.SecondImmediate;
      if (place === Operand.Reg && code >> 8 < Register.XMM0) traits |= PlanTrait.GeneralReg;
      if (place === Operand.Vsib) vsib = code >> 8;
    }
    const tail = codes.reduce((found, code) => found || tailWord(code), 0);
    const at = set * 2 * planWords;
    plans.set([...codes.map(planWord), tail, traits, vsib], at);
    const memory = codes.map((code) => (inRm.has(code & 0xff) ? OpKind.Memory : planWord(code)));
    plans.set([...memory, tail, traits, vsib], at + planWords);
  }
  return plans;
})();
