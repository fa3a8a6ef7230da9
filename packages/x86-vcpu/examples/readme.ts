import { createGuestMemory } from "guest-memory";
import { createVcpu } from "x86-vcpu";

const memory = createGuestMemory({ arenaBytes: 0x100_0000, ram: [{ base: 0, size: 0x10_0000 }] });
// mov cx, 10; xor ax, ax; next: add ax, cx; loop next; out 0x80, ax; hlt
memory.write(0x7c00, Uint8Array.of(0xb9, 10, 0, 0x31, 0xc0, 0x01, 0xc8, 0xe2, 0xfc, 0xe7, 0x80, 0xf4));

const vcpu = createVcpu({ memory, features: { has: () => true } });
vcpu.setSegment("cs", { selector: 0, base: 0n, limit: 0xffff, attributes: 0x9b });
vcpu.rip = 0x7c00n;

for (;;) {
  const exit = vcpu.run(1000);
  console.log(`${exit.reason} after ${vcpu.retired} instructions, RIP ${vcpu.rip.toString(16)}`);
  if (exit.reason !== "io-instruction") break;
  console.log(`  port 0x${exit.port.toString(16)} ← ${vcpu.readRegister32(0) & 0xffff}`);
  vcpu.advanceRip(exit.instructionLength);
}
