import { type Instruction, OpKind } from "./instruction.ts";
import { Operand } from "./opcodes.ts";
import { registerSize } from "./register-names.ts";
import { formTable, operandTable } from "./tables.gen.ts";

/**
 * Bytes of operand `index`: the register's width, what memory is accessed, an immediate after its extension,
 * a near target; 0 for far pointers, unsized memory, and no operand.
 */
export function opSize(instruction: Instruction, index: number): number {
  switch (instruction.opKind(index)) {
    case OpKind.Register: {
      const register = instruction.opReg(index);
      return registerSize(register);
    }
    case OpKind.Memory:
    case OpKind.StringSource:
    case OpKind.StringDestination:
    case OpKind.MaskDestination:
      return instruction.memSize;
    case OpKind.Immediate:
    case OpKind.NearBranch:
      break;
    case OpKind.Immediate2:
      return 1;
    default:
      return 0;
  }
  const code = operandTable[formTable[(instruction.form << 2) + 1]! * 5 + index]!;
  switch (code & 0xff) {
    case Operand.Imm16:
    case Operand.Disp16:
      return 2;
    case Operand.Imm32:
    case Operand.Disp32:
      return 4;
    case Operand.Imm32Signed64:
    case Operand.Imm64:
      return 8;
    case Operand.Imm8Signed:
    case Operand.Rel8:
    case Operand.Rel16:
    case Operand.Rel32:
      return (code >> 8) & 0xf || (instruction.bitness === 64 ? 8 : 4);
    default:
      return 1;
  }
}
