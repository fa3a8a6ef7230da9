import { Decoder, Instruction, mnemonicNames, OpKind, registerName } from "x86-decode";
import { formatGnu } from "x86-decode/gnu";
import { flow, formTraits } from "x86-decode/info";
import { formatIntel } from "x86-decode/intel";

// mov eax, 'VMXh'; mov edx, 0x5658; in eax, dx; vaddps zmm0{k1}, zmm1, [rax+64]; ret
const code = Uint8Array.of(
  ...[0xb8, 0x68, 0x58, 0x4d, 0x56, 0xba, 0x58, 0x56, 0x00, 0x00, 0xed],
  ...[0x62, 0xf1, 0x74, 0x49, 0x58, 0x40, 0x01, 0xc3],
);

const decoder = new Decoder(code, { bitness: 64, ip: 0x40_1000n });
const instruction = new Instruction(); // refilled, never reallocated
while (decoder.next(instruction)) {
  console.log(`${instruction.ip.toString(16)}  ${formatIntel(instruction).padEnd(32)}${formatGnu(instruction)}`);
  if (formTraits(instruction.form).includes("io") && instruction.opKind1 === OpKind.Register)
    console.log(`        port I/O through ${registerName(instruction.opReg1)}`);
  if (flow(instruction) !== "next") console.log(`        ${mnemonicNames[instruction.mnemonic]} ends the block`);
}
