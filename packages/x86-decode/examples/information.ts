import { decode, registerName } from "x86-decode";
import { Access, Flag, flagUse, flow, formTraits, usedMemory, usedRegisters } from "x86-decode/info";
import { formatIntel } from "x86-decode/intel";

const accesses = Object.keys(Access);
const flags = (bits: number): string =>
  Object.entries(Flag)
    .flatMap(([name, bit]) => (bits & bit ? [name] : []))
    .join(" ");

// push rax; adc eax,[rbx+8]; rep movsb; wrmsr; jne -2
for (const instruction of decode(Uint8Array.of(0x50, 0x13, 0x43, 0x08, 0xf3, 0xa4, 0x0f, 0x30, 0x75, 0xfe))) {
  console.log(formatIntel(instruction));
  console.log(
    `  registers ${usedRegisters(instruction)
      .map((r) => `${registerName(r.register)} ${accesses[r.access]}`)
      .join(", ")}`,
  );
  for (const m of usedMemory(instruction))
    console.log(
      `  memory ${registerName(m.base)}+${BigInt.asIntN(64, m.displacement)}, ${m.size} bytes, ${accesses[m.access]}`,
    );
  const use = flagUse(instruction);
  if (use.read) console.log(`  reads ${flags(use.read)}`);
  if (use.written) console.log(`  writes ${flags(use.written)}`);
  if (formTraits(instruction.form).includes("cpl0")) console.log("  privileged");
  if (flow(instruction) !== "next") console.log(`  then ${flow(instruction)}`);
}
