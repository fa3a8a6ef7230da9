/** x86 instruction decoder for 16-, 32- and 64-bit code: operands, flags, features, Intel and GNU text. No dependencies. */
export { decodeInstruction } from "./decode.ts";
export { Decoder, type DecodeSettings, decode } from "./decoder.ts";
export { DecodeError, Instruction, OpKind, Prefix } from "./instruction.ts";
export { instructionLength } from "./instruction-length.ts";
export { Mnemonic, type MnemonicName, mnemonicNames } from "./mnemonics.ts";
export { opSize } from "./operand-size.ts";
export { DecodeOption } from "./options.ts";
export { Register } from "./register.ts";
export { registerName, registerSize } from "./register-names.ts";
