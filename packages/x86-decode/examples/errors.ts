import { DecodeError, decodeInstruction, Instruction } from "x86-decode";

const names = Object.keys(DecodeError);
const instruction = new Instruction();
for (const code of [
  [0x90], // nop
  [0x06], // push es
  [0xe8, 0x00, 0x00], // call, two bytes short
  new Array<number>(16).fill(0x66), // nothing but prefixes
]) {
  const length = decodeInstruction(Uint8Array.from(code), 0, code.length, 64, 0, 0, instruction);
  console.log(`${names[instruction.error]}: ${length} bytes looked at`);
}
