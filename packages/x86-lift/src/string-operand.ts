/** Pointers of string instructions. Source: SDM vol. 1 §7.3.9; vol. 2, REP. */
import { type Instruction, Prefix } from "x86-decode";
import type { Builder, Val } from "./builder.ts";
import type { HelperName } from "./helpers.ts";
import { Flag } from "./ir.ts";

const RSI = 6;
const RDI = 7;

type AddressBits = 16 | 32 | 64;

/** A 64-bit offset of the element that rSI or rDI points at, and how to move the pointer on. */
export interface StringOperand {
  readonly offset: Val;
  advance(): void;
}

function operand(b: Builder, register: number, bytes: number): StringOperand {
  const bits = b.insn.addressSize as AddressBits;
  const pointer = b.get(bits, register);
  return {
    offset: b.zext(64, pointer),
    advance() {
      const step = b.select(b.getFlag(Flag.DF), b.const(bits, -bytes), b.const(bits, bytes));
      b.set(register, b.add(pointer, step));
    },
  };
}

export const sourceOperand = (b: Builder, bytes: number): StringOperand => operand(b, RSI, bytes);
export const destinationOperand = (b: Builder, bytes: number): StringOperand => operand(b, RDI, bytes);

/** Any repeat prefix; on instructions without a condition F2 repeats as F3 does. */
export const isRepeated = (insn: Instruction): boolean => (insn.prefixes & (Prefix.Rep | Prefix.Repne)) !== 0;

/** One chunk of a repeated instruction, then again or on. */
export function repeat(b: Builder, helper: HelperName, bytes: number): void {
  const { insn } = b;
  const repne = (insn.prefixes & Prefix.Repne) !== 0 ? 1 : 0;
  const again = b.helper(
    helper,
    undefined,
    undefined,
    undefined,
    bytes | (insn.addressSize << 8) | (repne << 16),
    b.segment,
  );
  b.repeatIf(again);
}
