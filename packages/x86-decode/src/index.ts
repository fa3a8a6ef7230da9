/** x86 instruction decoder for 16-, 32- and 64-bit code: operands, flags, features, Intel and GNU text. No dependencies. */
export { DecodeError, Instruction, OpKind, Prefix } from "./instruction.ts";
export { Register } from "./register.ts";
