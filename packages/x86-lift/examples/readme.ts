import { decode } from "x86-decode";
import { Builder, lift, liftMode, printIr, verifyIr } from "x86-lift";

const builder = new Builder();
const mode = liftMode(64);

// lock xadd [rdx], eax; jne -6
for (const insn of decode(Uint8Array.of(0xf0, 0x0f, 0xc1, 0x02, 0x75, 0xfa), { ip: 0x1000n })) {
  lift(insn, mode, builder);
  console.log(printIr(builder.fragment));
  console.log(`-- ${verifyIr(builder.fragment).length} problems`);
}
