/** Several processors on one memory, turn by turn (SDM vol. 3 chapter 10). */
import { createGuestMemory, type GuestMemory } from "guest-memory";
import { describe, expect, test } from "vitest";
import { createVcpu, type Vcpu } from "../src/vcpu.ts";

const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/[0-9a-f]{2}/g)!, (byte) => Number.parseInt(byte, 16));

function processors(count: number, tier: 0 | 1): { memory: GuestMemory; vcpus: readonly Vcpu[] } {
  const memory = createGuestMemory({ arenaBytes: 0x300_0000, ram: [{ base: 0, size: 0x4_0000 }] });
  const vcpus = Array.from({ length: count }, (_, id) =>
    createVcpu({ memory, id, tier, features: { has: () => true } }),
  );
  for (const vcpu of vcpus) vcpu.setSegment("cs", { ...vcpu.segment("cs"), selector: 0, base: 0n });
  return { memory, vcpus };
}

const RAX = 0;
const RCX = 1;
const RSP = 4;

describe.each([0, 1] as const)("[x86-vcpu] several processors, tier %i", (tier) => {
  test("code that another processor rewrites is seen", () => {
    const { memory, vcpus } = processors(2, tier);
    const [runner, writer] = vcpus as [Vcpu, Vcpu];
    // The writer stores to the page before it holds code: its TLB has a write entry.
    memory.write(0x2000, bytes("a20013 f4")); // mov [0x1300], al; hlt
    writer.rip = 0x2000n;
    expect(writer.run(10).reason).toBe("hlt");
    memory.write(0x1000, bytes("b001 f4")); // mov al, 1; hlt
    runner.rip = 0x1000n;
    runner.run(10);
    expect(runner.readRegister32(RAX)).toBe(1);
    memory.write(0x2000, bytes("b007 a20110 f4")); // mov al, 7; mov [0x1001], al; hlt
    writer.rip = 0x2000n;
    writer.run(10);
    runner.rip = 0x1000n;
    runner.run(10);
    expect(runner.readRegister32(RAX)).toBe(7);
  });

  // Each processor adds 1,000 times, in turns that end anywhere.
  test.each([
    ["lock inc word [0x3000]", "f0ff060030"],
    ["lock xadd [0x3000], bx", "bb0100 f00fc11e0030"],
    ["mov ax, [0x3000]; lea bx, [eax + 1]; lock cmpxchg [0x3000], bx; jne again", "a10030 678d5801 f00fb11e0030 75f2"],
    ["a lock by xchg", "b80100 87060230 09c0 75f5 ff060030 c70602300000"],
  ])("%s", (_name, code) => {
    const { memory, vcpus } = processors(3, tier);
    const body = bytes(code);
    memory.write(0x1000, Uint8Array.of(...body, 0x49, 0x75, -(body.length + 3) & 0xff, 0xf4)); // dec cx; jnz; hlt
    for (const vcpu of vcpus) {
      vcpu.rip = 0x1000n;
      vcpu.writeRegister(RCX, 1000n);
    }
    const running = new Set(vcpus);
    for (let turn = 0; running.size > 0; turn++)
      for (const vcpu of running) if (vcpu.run(1 + ((turn * 7) % 13)).reason === "hlt") running.delete(vcpu);
    expect(memory.readU16(0x3000)).toBe(3000);
  });

  test("a translation lives until its own processor forgets it: shootdown by interrupt", () => {
    const { memory, vcpus } = processors(2, tier);
    const [remote, local] = vcpus as [Vcpu, Vcpu];
    // One table: 256 KiB one to one; vector 0x40's handler at 0x5000 forgets the page at 0x30000.
    memory.writeU32(0x1_0000, 0x1_1007);
    for (let page = 0; page < 64; page++) memory.writeU32(0x1_1000 + page * 4, (page << 12) | 7);
    memory.writeU64(0x1_2000 + 8, 0x00cf_9b00_0000_ffffn);
    memory.writeU64(0x1_2000 + 0x10, 0x00cf_9300_0000_ffffn);
    memory.writeU64(0x1_3000 + 0x40 * 8, 0x0000_8e00_0008_5000n);
    memory.write(0x5000, bytes("0f013d00000300 cf")); // invlpg [0x30000]; iret
    memory.write(0x6000, bytes("a100000300 ebf9")); // mov eax, [0x30000]; jmp $-5
    memory.writeU32(0x3_0000, 0x1111);
    memory.writeU32(0x2_0000, 0x2222);
    for (const vcpu of vcpus) {
      const flat = { base: 0n, limit: 0xffff_ffff };
      vcpu.setTable("gdtr", { base: 0x1_2000n, limit: 0x17 });
      vcpu.setTable("idtr", { base: 0x1_3000n, limit: 0x7ff });
      for (const name of ["ss", "ds", "es"] as const)
        vcpu.setSegment(name, { ...flat, selector: 0x10, attributes: 0xc093 });
      expect(vcpu.writeControl("cr3", 0x1_0000n) && vcpu.writeControl("cr0", 0x8000_0011n)).toBe(true);
      vcpu.setSegment("cs", { ...flat, selector: 8, attributes: 0xc09b });
      vcpu.writeRegister(RSP, 0x8000n);
      vcpu.rflags = 0x202n;
      vcpu.rip = 0x6000n;
      vcpu.run(10);
      expect(vcpu.readRegister32(RAX)).toBe(0x1111);
    }
    // mov dword [0x110c0], 0x20007; invlpg [0x30000]; mov eax, [0x30000]; hlt
    memory.write(0x7000, bytes("c705c010010007000200 0f013d00000300 a100000300 f4"));
    local.rip = 0x7000n;
    expect(local.run(10).reason).toBe("hlt");
    expect(local.readRegister32(RAX)).toBe(0x2222);
    remote.run(20);
    expect(remote.readRegister32(RAX)).toBe(0x1111);
    remote.injectInterrupt(0x40);
    remote.run(20);
    expect(remote.readRegister32(RAX)).toBe(0x2222);
  });
});
