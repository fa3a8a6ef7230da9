import { Instruction, instructionLength } from "x86-decode";

// lock add [rbx],eax; 5-byte NOP; and an opcode that 64-bit code does not have
const code = Uint8Array.of(0xf0, 0x01, 0x03, 0x0f, 0x1f, 0x44, 0x00, 0x00, 0x06);
const scratch = new Instruction();
for (let at = 0; at < code.length; ) {
  const length = instructionLength(code, at, code.length, 64, scratch);
  console.log(`${at}: ${length === 0 ? "no instruction" : `${length} bytes`}`);
  at += length || 1;
}
