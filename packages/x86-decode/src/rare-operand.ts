/** Operands with a rule of their own: checks of the register number, byte registers after REX, implied addresses. */
import { type Instruction, OpKind } from "./instruction.ts";
import { Operand } from "./opcodes.ts";
import { Field } from "./operand-plan.ts";
import { Register } from "./register.ts";

/** SPL–DIL take the numbers of AH–BH. */
const byteRegister = (number: number): number =>
  number < 4 ? Register.AL + number : number < 8 ? Register.SPL + number - 4 : Register.R8B + number - 8;

/** Register `number` of a class of `size`, or -1 if there are not so many. */
const limited = (first: number, number: number, size: number): number => (number < size ? first + number : -1);

/** The register of DS:[rDI] and its like that no ModR/M byte names. */
const wide = (addressSize: number, word: number): number =>
  addressSize === 0 ? word : word - Register.AX + (addressSize === 2 ? Register.RAX : Register.EAX);

/**
 * `OpKind | register << 4` of the operand `code`, or -1 if there is no such register. `numbers` are the register numbers with all
 * extension bits, by `Field`; `segment` is the effective one of DS, `addressSize` 0 for 16 bits, 1 for 32, 2 for 64.
 */
export function rareOperand(
  code: number,
  numbers: number,
  segment: number,
  addressSize: number,
  memSize: number,
  into: Instruction,
): number {
  const reg = numbers & 31;
  const rm = (numbers >> Field.Rm) & 31;
  const vvvv = (numbers >> Field.Vvvv) & 31;
  let register = -1;
  switch (code & 0xff) {
    case Operand.Reg8:
      register = byteRegister(reg & 15);
      break;
    case Operand.Rm8:
      register = byteRegister(rm & 15);
      break;
    case Operand.OpcodeReg8:
      register = byteRegister((numbers >> Field.Opcode) & 15);
      break;
    case Operand.Is4:
      register = ((code >> 8) & 0xfff) + ((into.immLow >> 4) & (into.bitness === 64 ? 15 : 7));
      break;
    case Operand.Imm4:
      into.immLow &= 15;
      return OpKind.Immediate;
    case Operand.Segment:
      register = limited(Register.ES, reg & 7, 6);
      // CS cannot be loaded.
      if (code >> 20 !== 0 && register === Register.CS) register = -1;
      break;
    case Operand.Control:
      register = (0b1_0001_1101 >> (reg & 15)) & 1 ? Register.CR0 + (reg & 15) : -1;
      break;
    case Operand.Debug:
      register = limited(Register.DR0, reg & 15, 8);
      break;
    case Operand.MaskReg:
      register = limited(Register.K0, reg, 8);
      break;
    case Operand.MaskVvvv:
      register = limited(Register.K0, vvvv, 8);
      break;
    case Operand.BoundReg:
      register = limited(Register.BND0, reg & 15, 4);
      break;
    case Operand.BoundRm:
      register = limited(Register.BND0, rm & 15, 4);
      break;
    case Operand.TileReg:
      register = limited(Register.TMM0, reg & 15, 8);
      break;
    case Operand.TileRm:
      register = limited(Register.TMM0, rm & 15, 8);
      break;
    case Operand.TileVvvv:
      register = limited(Register.TMM0, vvvv & 15, 8);
      break;
    case Operand.StringSource:
      into.memSegment = segment;
      into.memSize = memSize;
      return OpKind.StringSource;
    case Operand.StringDestination:
      into.memSize = memSize;
      return OpKind.StringDestination;
    case Operand.MaskDestination:
      into.memSegment = segment;
      into.memSize = memSize;
      return OpKind.MaskDestination;
    case Operand.Xlat:
      into.memSegment = segment;
      into.memBase = wide(addressSize, Register.BX);
      into.memIndex = Register.AL;
      into.memSize = memSize;
      return OpKind.Memory;
  }
  return register < 0 ? -1 : OpKind.Register | (register << 4);
}
