/**
 * DAA, DAS, AAA, AAS, AAM, AAD (not in 64-bit code). Undefined flags: OF = 0, and SF ZF PF of AL.
 * Source: SDM vol. 2, the entries of these names.
 */
import type { Builder, Val } from "../builder.ts";
import { Flag, FlagsKind, Vector } from "../ir.ts";
import type { Semantics, SemanticsTable } from "../lift.ts";

const AL = 0;
const AH = 16;

/** (AL & 15) > 9 or AF. */
function digitOverflows(b: Builder, al: Val): Val {
  return b.or(b.compare("ltU", b.const(8, 9), b.and(al, b.const(8, 15))), b.getFlag(Flag.AF));
}

function finish(b: Builder, al: Val, adjust: Val, carry: Val): void {
  b.flags(FlagsKind.Logic, 8, undefined, undefined, al);
  b.setFlag(Flag.AF, adjust);
  b.setFlag(Flag.CF, carry);
  b.next();
}

function decimalAdjust(op: "add" | "sub"): Semantics {
  return (b) => {
    const al = b.get(8, AL);
    const low = digitOverflows(b, al);
    const high = b.or(b.compare("ltU", b.const(8, 0x99), al), b.getFlag(Flag.CF));
    const zero = b.const(8, 0);
    const six = b.const(8, 6);
    const first = b.bin(op, al, b.select(low, six, zero));
    const result = b.bin(op, first, b.select(high, b.const(8, 0x60), zero));
    // Only DAS keeps the borrow of its first step.
    const carry = op === "add" ? high : b.or(high, b.and(low, b.compare("ltU", al, six)));
    b.set(AL, result);
    finish(b, result, low, carry);
  };
}

function asciiAdjust(op: "add" | "sub"): Semantics {
  return (b) => {
    const ax = b.get(16, AL);
    const adjust = digitOverflows(b, b.get(8, AL));
    const moved = b.select(adjust, b.bin(op, ax, b.const(16, 0x106)), ax);
    const result = b.and(moved, b.const(16, 0xff0f));
    b.set(AL, result);
    finish(b, b.trunc(8, result), adjust, adjust);
  };
}

export const semantics: SemanticsTable = {
  daa: decimalAdjust("add"),
  das: decimalAdjust("sub"),
  aaa: asciiAdjust("add"),
  aas: asciiAdjust("sub"),

  aam(b, insn) {
    const base = insn.immLow & 0xff;
    if (base === 0) return b.raise(Vector.DE);
    const al = b.zext(32, b.get(8, AL));
    const divisor = b.const(32, base);
    const remainder = b.trunc(8, b.bin("remU", al, divisor));
    b.set(AH, b.trunc(8, b.bin("divU", al, divisor)));
    b.set(AL, remainder);
    b.flags(FlagsKind.Logic, 8, undefined, undefined, remainder);
    b.next();
  },

  aad(b, insn) {
    const result = b.add(b.get(8, AL), b.bin("mul", b.get(8, AH), b.const(8, insn.immLow & 0xff)));
    b.set(AL, b.zext(16, result));
    b.flags(FlagsKind.Logic, 8, undefined, undefined, result);
    b.next();
  },
};
