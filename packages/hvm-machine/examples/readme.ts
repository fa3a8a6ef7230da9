import { loadFlat } from "guest-loader";
import { createMachine } from "hvm-machine";

const machine = createMachine({ memory: 4, vmwareHw: 11, guestinfo: { greeting: "hello" } });
machine.backdoor.observe(({ commandName, ring, direction, size, after }) =>
  console.log(`ring ${ring} ${direction} ${size}: ${commandName} -> eax=${after.eax} ebx=0x${after.ebx.toString(16)}`),
);

// mov eax, "VMXh"; mov ecx, 10; mov edx, 0x5658; in eax, dx; cli; hlt
const code = [0xb8, 0x68, 0x58, 0x4d, 0x56, 0xb9, 10, 0, 0, 0, 0xba, 0x58, 0x56, 0, 0, 0xed, 0xfa, 0xf4];
machine.boot(loadFlat(Uint8Array.from(code), { address: 0x10_0000, mode: "protected" }));

const stop = machine.run({ maxInstructions: 1_000_000 });
console.log(`${stop.kind} after ${machine.retired} instructions, ${machine.clock.nowNs()} ns`);
