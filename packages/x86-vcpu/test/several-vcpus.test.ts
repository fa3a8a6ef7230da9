/** Two processors on one memory: what one writes, the other executes. */
import { createGuestMemory } from "guest-memory";
import { describe, expect, test } from "vitest";
import { createVcpu } from "../src/vcpu.ts";

describe("[x86-vcpu] several processors", () => {
  for (const tier of [0, 1] as const) {
    test(`tier ${tier}: code that another processor rewrites is seen`, () => {
      const memory = createGuestMemory({ arenaBytes: 0x200_0000, ram: [{ base: 0, size: 0x1_0000 }] });
      const [runner, writer] = [0, 1].map((id) => createVcpu({ memory, id, tier, features: { has: () => true } })) as [
        ReturnType<typeof createVcpu>,
        ReturnType<typeof createVcpu>,
      ];
      for (const vcpu of [runner, writer]) {
        vcpu.setSegment("cs", { ...vcpu.segment("cs"), selector: 0, base: 0n });
      }
      // The writer stores to the page before it holds code: its TLB has a write entry.
      memory.write(0x2000, Uint8Array.of(0xa2, 0x00, 0x13, 0xf4)); // mov [0x1300], al; hlt
      writer.rip = 0x2000n;
      expect(writer.run(10).reason).toBe("hlt");
      memory.write(0x1000, Uint8Array.of(0xb0, 1, 0xf4)); // mov al, 1; hlt
      runner.rip = 0x1000n;
      runner.run(10);
      expect(runner.readRegister32(0)).toBe(1);
      memory.write(0x2000, Uint8Array.of(0xb0, 7, 0xa2, 0x01, 0x10, 0xf4)); // mov al, 7; mov [0x1001], al; hlt
      writer.rip = 0x2000n;
      writer.run(10);
      runner.rip = 0x1000n;
      runner.run(10);
      expect(runner.readRegister32(0)).toBe(7);
    });
  }
});
