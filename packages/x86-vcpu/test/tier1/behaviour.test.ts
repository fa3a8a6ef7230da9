/** What tier 1 must keep exact by itself: stops at any count, self-modifying code, page crossings, bounded caches. */
import { describe, expect, it } from "vitest";
import { createTier1 } from "../../src/tier1/tier1.ts";
import { type FlatMachine, flatMachine, mapTo, tiers, unmap } from "./flat-machine.ts";

const CODE = 0x20_0000;
const tier1 = tiers["tier 1"]!;

function load({ vcpu, memory }: FlatMachine, bytes: readonly number[], at = CODE): void {
  memory.write(at, Uint8Array.from(bytes));
  vcpu.rip = BigInt(at);
  vcpu.writeRegister(4, 0x1f_0000n);
}

describe("[x86-vcpu] tier 1", () => {
  it("stops at every count of a loop, with RIP and registers exact", () => {
    // l: add eax, 3; lea rbx, [rbx+rax]; xor ecx, ebx; dec edx; jnz l; hlt
    const bytes = [0x83, 0xc0, 3, 0x48, 0x8d, 0x1c, 0x03, 0x31, 0xd9, 0xff, 0xca, 0x75, 0xf3, 0xf4];
    const offsets = [0, 3, 7, 9, 11];
    const machine = flatMachine(tier1);
    load(machine, bytes);
    const { vcpu } = machine;
    for (let budget = 1; budget <= 40; budget++) {
      vcpu.rip = BigInt(CODE);
      vcpu.writeRegister(0, 0n);
      vcpu.writeRegister(2, 1000n);
      const before = vcpu.retired;
      expect(vcpu.run(budget).reason).toBe("budget");
      expect(vcpu.retired - before).toBe(budget);
      expect(Number(vcpu.rip) - CODE).toBe(offsets[budget % 5]);
      expect(vcpu.readRegister(0)).toBe(BigInt(3 * Math.ceil(budget / 5)));
      expect(vcpu.readRegister(2)).toBe(BigInt(1000 - Math.floor((budget + 1) / 5)));
    }
  });

  it("a fault in the middle of a block: the instructions before it count, flags and registers are theirs", () => {
    // mov eax, -1; add eax, 1; mov rbx, [rcx] (not mapped); add eax, 5; hlt
    const machine = flatMachine(tier1);
    unmap(machine, 0x50_0000);
    load(machine, [0xb8, 0xff, 0xff, 0xff, 0xff, 0x83, 0xc0, 1, 0x48, 0x8b, 0x19, 0x83, 0xc0, 5, 0xf4]);
    const { vcpu } = machine;
    vcpu.exceptionBitmap = 1 << 14;
    vcpu.writeRegister(1, 0x50_0008n);
    const before = vcpu.retired;
    const exit = vcpu.run(100);
    expect([exit.reason, exit.vector, exit.faultAddress]).toEqual(["exception", 14, 0x50_0008n]);
    expect(vcpu.retired - before).toBe(2);
    expect(vcpu.rip).toBe(BigInt(CODE + 8));
    expect(vcpu.readRegister(0)).toBe(0n);
    // CF PF AF ZF of -1 + 1.
    expect(vcpu.rflags & 0x8d5n).toBe(0x55n);
  });

  it("an instruction that changes the next one takes effect at once", () => {
    // mov byte [rip+1], 0x29 turns `add eax, ecx` behind it (01 c8) into `sub eax, ecx` (29 c8)
    const bytes = [0xc6, 0x05, 0, 0, 0, 0, 0x29, 0x01, 0xc8, 0xf4];
    for (const createTier of Object.values(tiers)) {
      const machine = flatMachine(createTier);
      for (let round = 0; round < 3; round++) {
        load(machine, bytes);
        const { vcpu } = machine;
        vcpu.writeRegister(0, 10n);
        vcpu.writeRegister(1, 3n);
        expect(vcpu.run(100).reason).toBe("hlt");
        expect(vcpu.readRegister(0)).toBe(7n);
      }
    }
  });

  it("an x87 store that changes the next instruction takes effect at once", () => {
    // fninit; fld1; fstp dword [rip + 1]; mov eax, imm32; hlt
    const bytes = [0xdb, 0xe3, 0xd9, 0xe8, 0xd9, 0x1d, 1, 0, 0, 0, 0xb8, 0, 0, 0, 0, 0xf4];
    const machine = flatMachine(tier1);
    load(machine, bytes);
    expect(machine.vcpu.run(100).reason).toBe("hlt");
    expect(machine.vcpu.readRegister(0)).toBe(0x3f80_0000n);
  });

  it("a loop that rewrites its own constant sees each value", () => {
    // l: mov eax, imm32; add ebx, eax; inc dword [rip - imm]; dec ecx; jnz l; hlt
    const bytes = [0xb8, 0, 0, 0, 0, 0x01, 0xc3, 0xff, 0x05, 0xf4, 0xff, 0xff, 0xff, 0xff, 0xc9, 0x75, 0xef, 0xf4];
    const machine = flatMachine(tier1);
    load(machine, bytes);
    const { vcpu } = machine;
    vcpu.writeRegister(1, 100n);
    vcpu.writeRegister(3, 0n);
    expect(vcpu.run(10_000).reason).toBe("hlt");
    // 0 + 1 + … + 99
    expect(vcpu.readRegister(3)).toBe(4950n);
  });

  it("stores beside code in its page reach no block, and those into one reach it however they overlap", () => {
    // l: add eax, [rsi]; inc dword [rsi]; push rcx; pop rdx; dec ecx; jnz l; hlt
    const bytes = [0x03, 0x06, 0xff, 0x06, 0x51, 0x5a, 0xff, 0xc9, 0x75, 0xf6, 0xf4];
    const machine = flatMachine(tier1);
    const { vcpu, memory } = machine;
    let told = 0;
    memory.onCodeWrite(() => told++);
    for (const at of [CODE + 0x200, CODE + 0x0d, CODE + 0x20, CODE + 0xffc]) {
      load(machine, bytes);
      memory.writeU32(at, 7);
      vcpu.rip = BigInt(CODE);
      vcpu.writeRegister(4, BigInt(CODE + 0x808));
      vcpu.writeRegister(0, 0n);
      vcpu.writeRegister(1, 100n);
      vcpu.writeRegister(6, BigInt(at));
      told = 0;
      expect(vcpu.run(1000).reason).toBe("hlt");
      expect([vcpu.readRegister(0), memory.readU32(at)]).toEqual([5650n, 107]);
      // In the code's last line every store is looked at; elsewhere none.
      expect(told).toBe(at === CODE + 0x0d ? 100 : 0);
    }
  });

  it("blocks that lead to one that was dropped lead to the one made in its place", () => {
    // l: mov [rsi], edx; jmp f (both in one page); f: mov ebx, imm32; add eax, ebx; inc edx; dec ecx; jnz l; hlt
    const machine = flatMachine(tier1);
    const { vcpu } = machine;
    const bytes = [0x89, 0x16, 0xeb, 0x3c, ...new Array<number>(0x3c).fill(0x90)];
    load(machine, [...bytes, 0xbb, 0, 0, 0, 0, 0x01, 0xd8, 0xff, 0xc2, 0xff, 0xc9, 0x75, 0xb3, 0xf4]);
    vcpu.writeRegister(0, 0n);
    vcpu.writeRegister(1, 200n);
    vcpu.writeRegister(2, 0n);
    vcpu.writeRegister(6, BigInt(CODE + 0x41));
    expect(vcpu.run(10_000).reason).toBe("hlt");
    expect(vcpu.readRegister(0)).toBe(19_900n);
  });

  it("what was no instruction becomes one with other bytes behind it", () => {
    for (const createTier of Object.values(tiers)) {
      const machine = flatMachine(createTier);
      const { vcpu, memory } = machine;
      vcpu.exceptionBitmap = 1 << 6;
      // lock on a register destination; with a memory destination it is one.
      load(machine, [0xf0, 0x01, 0xc8, 0xf4]);
      expect(vcpu.run(10).reason).toBe("exception");
      memory.writeU8(CODE + 2, 0x0e);
      vcpu.writeRegister(6, 0x30_0000n);
      expect(vcpu.run(10).reason).toBe("hlt");
    }
  });

  it("code written by another page, and by the outside, is seen when it is jumped to", () => {
    const machine = flatMachine(tier1);
    const { vcpu, memory } = machine;
    // mov byte [0x201000 + 1], al; call 0x201000; hlt — there: mov ecx, imm; ret
    memory.write(CODE + 0x1000, Uint8Array.from([0xb9, 0, 0, 0, 0, 0xc3]));
    const bytes = [0x88, 0x04, 0x25, 0x01, 0x10, 0x20, 0x00, 0xe8, 0xf4, 0x0f, 0, 0, 0xf4];
    for (let value = 1; value < 20; value++) {
      load(machine, bytes);
      vcpu.writeRegister(0, BigInt(value));
      expect(vcpu.run(100).reason).toBe("hlt");
      expect(vcpu.readRegister(1)).toBe(BigInt(value));
    }
    memory.writeU8(CODE + 0x1001, 77);
    vcpu.rip = BigInt(CODE + 7);
    vcpu.run(100);
    expect(vcpu.readRegister(1)).toBe(77n);
  });

  it("an instruction across two pages, whose second half changes", () => {
    const machine = flatMachine(tier1);
    const { vcpu, memory } = machine;
    const at = CODE + 0x1000 - 2;
    for (const value of [5, 6, 7]) {
      load(machine, [0xb8, value, 0, 0, 0, 0xf4], at);
      expect(vcpu.run(10).reason).toBe("hlt");
      expect(vcpu.readRegister(0)).toBe(BigInt(value));
      memory.writeU8(at + 2, 1);
      vcpu.rip = BigInt(at);
      vcpu.run(10);
      expect(vcpu.readRegister(0)).toBe(BigInt(value + 256));
    }
  });

  it("a loop over an instruction across two pages, while the second is written and mapped elsewhere", () => {
    // l: add eax, imm32 across the boundary; dec ecx; jnz l; hlt
    const at = CODE + 0x1000 - 3;
    const bytes = [0x81, 0xc0, 1, 0, 0, 0, 0xff, 0xc9, 0x75, 0xf6, 0xf4];
    for (const createTier of Object.values(tiers)) {
      const machine = flatMachine(createTier);
      const { vcpu, memory } = machine;
      const run = (): bigint => {
        vcpu.rip = BigInt(at);
        vcpu.writeRegister(0, 0n);
        vcpu.writeRegister(1, 10n);
        expect(vcpu.run(1000).reason).toBe("hlt");
        return vcpu.readRegister(0);
      };
      load(machine, bytes, at);
      expect([run(), run()]).toEqual([10n, 10n]);
      memory.writeU8(CODE + 0x1000, 1); // imm32 = 0x101
      expect([run(), run()]).toEqual([2570n, 2570n]);
      memory.write(CODE + 0x5000, Uint8Array.from([2, 0, 0, ...bytes.slice(6)]));
      const leaf = 0x1000 + 0x3000 + (CODE >> 21) * 0x1000 + (((CODE >> 12) + 1) & 511) * 8;
      memory.writeU64(leaf, BigInt(CODE + 0x5000) | 7n);
      vcpu.writeControl("cr3", 0x1000n);
      expect([run(), run()]).toEqual([5130n, 5130n]); // 0x201
      memory.writeU8(CODE + 0x5000, 0);
      expect([run(), run()]).toEqual([10n, 10n]);
      vcpu.exceptionBitmap = 1 << 14;
      unmap(machine, CODE + 0x1000);
      vcpu.rip = BigInt(at);
      expect(vcpu.run(10).faultAddress).toBe(BigInt(CODE + 0x1000));
    }
  });

  it("a second page that is not there faults with the address of that page", () => {
    const machine = flatMachine(tier1);
    unmap(machine, CODE + 0x1000);
    load(machine, [0x90, 0xb8, 1], CODE + 0xffd);
    const { vcpu } = machine;
    vcpu.exceptionBitmap = 1 << 14;
    const exit = vcpu.run(10);
    expect([exit.reason, exit.vector, exit.faultAddress]).toEqual(["exception", 14, BigInt(CODE + 0x1000)]);
    expect(vcpu.rip).toBe(BigInt(CODE + 0xffe));
  });

  it("a mapping that changes takes the jumps to it along", () => {
    const machine = flatMachine(tier1);
    const { vcpu, memory } = machine;
    const leaf = 0x1000 + 0x3000 + (CODE >> 21) * 0x1000 + ((CODE >> 12) & 511) * 8;
    memory.write(CODE + 0x2000, Uint8Array.from([0xb9, 1, 0, 0, 0, 0xc3]));
    memory.write(CODE + 0x3000, Uint8Array.from([0xb9, 2, 0, 0, 0, 0xc3]));
    // l: call 0x202000; add ebx, ecx; dec edx; jnz l; hlt
    const bytes = [0xe8, 0xfb, 0x1f, 0, 0, 0x01, 0xcb, 0xff, 0xca, 0x75, 0xf5, 0xf4];
    vcpu.writeRegister(3, 0n);
    for (const [target, sum] of [
      [CODE + 0x2000, 10n],
      [CODE + 0x3000, 30n],
      [CODE + 0x2000, 40n],
    ] as const) {
      memory.writeU64(leaf + 16, BigInt(target) | 7n);
      vcpu.writeControl("cr3", 0x1000n);
      load(machine, bytes);
      vcpu.writeRegister(2, 10n);
      expect(vcpu.run(1000).reason).toBe("hlt");
      expect(vcpu.readRegister(3)).toBe(sum);
    }
  });

  it("a page marked global is like any other while CR4.PGE is clear", () => {
    for (const createTier of Object.values(tiers)) {
      const machine = flatMachine(createTier);
      const { vcpu, memory } = machine;
      memory.writeU32(0x40_0000, 1);
      memory.writeU32(0x40_1000, 2);
      const GLOBAL = 0x100;
      for (const [page, value] of [
        [0x40_0000, 1n],
        [0x40_1000, 2n],
      ] as const) {
        mapTo(machine, 0x50_0000, page | GLOBAL);
        load(machine, [0x8b, 0x06, 0xf4]); // mov eax, [rsi]; hlt
        vcpu.writeRegister(6, 0x50_0000n);
        expect(vcpu.run(10).reason).toBe("hlt");
        expect(vcpu.readRegister(0)).toBe(value);
      }
    }
  });

  it("more code than the cache holds, again and again: everything still runs", () => {
    const machine = flatMachine((cpu) => createTier1(cpu, { codeBytes: 128 << 10 }));
    const { vcpu, memory } = machine;
    // 30 pages of `inc eax` × 600, each falling into the next; behind the last there is HLT. Twice the cache's room.
    for (let page = 0; page < 30; page++) {
      const bytes = new Uint8Array(4096);
      for (let n = 0; n < 600; n++) bytes.set([0xff, 0xc0], n * 2);
      for (let n = 1200; n < 4096; n += 8) bytes.set([0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0], n);
      memory.write(0x40_0000 + page * 4096, bytes);
    }
    memory.write(0x40_0000 + 30 * 4096, Uint8Array.from([0xf4]));
    for (let round = 1; round <= 3; round++) {
      vcpu.writeRegister(0, 0n);
      vcpu.rip = 0x40_0000n;
      expect(vcpu.run(10_000_000).reason).toBe("hlt");
      expect(vcpu.readRegister(0)).toBe(18_000n);
    }
  });

  it("one page of code at a hundred addresses", () => {
    const machine = flatMachine(tier1);
    const { vcpu, memory } = machine;
    memory.write(CODE, Uint8Array.from([0x48, 0x8d, 0x05, 0, 0, 0, 0, 0xf4])); // lea rax, [rip]
    const leaf = (address: number) => 0x1000 + 0x3000 + (address >> 21) * 0x1000 + ((address >> 12) & 511) * 8;
    for (let n = 0; n < 100; n++) memory.writeU64(leaf(0x60_0000 + n * 4096), BigInt(CODE) | 7n);
    vcpu.writeControl("cr3", 0x1000n);
    for (let n = 0; n < 300; n++) {
      const at = 0x60_0000 + (n % 100) * 4096;
      vcpu.rip = BigInt(at);
      expect(vcpu.run(10).reason).toBe("hlt");
      expect(vcpu.readRegister(0)).toBe(BigInt(at + 7));
    }
  });

  it("the same code at two addresses keeps its RIP-relative operands apart", () => {
    const machine = flatMachine(tier1);
    const { vcpu, memory } = machine;
    const leaf = (address: number) => 0x1000 + 0x3000 + (address >> 21) * 0x1000 + ((address >> 12) & 511) * 8;
    memory.write(CODE, Uint8Array.from([0x48, 0x8d, 0x05, 0, 0, 0, 0, 0xf4])); // lea rax, [rip]
    memory.writeU64(leaf(0x60_0000), BigInt(CODE) | 7n);
    vcpu.writeControl("cr3", 0x1000n);
    for (const at of [CODE, 0x60_0000, CODE]) {
      vcpu.rip = BigInt(at);
      expect(vcpu.run(10).reason).toBe("hlt");
      expect(vcpu.readRegister(0)).toBe(BigInt(at + 7));
    }
  });

  it("32-bit and 16-bit code run as tier 0 runs them", () => {
    // 32: mov eax, 7; push eax; mov ecx, [esp]; add [0x300000], ecx; call +1; hlt; pop edx; hlt
    const code32 = [
      0xb8, 7, 0, 0, 0, 0x50, 0x8b, 0x0c, 0x24, 0x01, 0x0d, 0, 0, 0x30, 0, 0xe8, 1, 0, 0, 0, 0xf4, 0x5a, 0xf4,
    ];
    // 16: mov ax, 1234; mov ds, ax; mov bx, 10; mov [bx+si], ax; push ax; pop cx; loop over; hlt
    const code16 = [
      0xb8, 0x34, 0x12, 0x8e, 0xd8, 0xbb, 16, 0, 0x89, 0x00, 0x50, 0x59, 0x01, 0xc8, 0x83, 0xf8, 0x10, 0x75, 0xfb, 0xf4,
    ];
    for (const [bits, code, at] of [
      [32, code32, CODE],
      [16, code16, 0x7c00],
    ] as const) {
      const [zero, one] = Object.values(tiers).map((createTier) => {
        const machine = flatMachine(createTier, bits);
        load(machine, code, at);
        if (bits === 16) machine.vcpu.writeRegister(4, 0x7000n);
        const exit = machine.vcpu.run(50);
        const registers = Array.from({ length: 8 }, (_, n) => machine.vcpu.readRegister(n).toString(16));
        return {
          reason: exit.reason,
          rip: machine.vcpu.rip,
          retired: machine.vcpu.retired,
          flags: machine.vcpu.rflags,
          registers,
          word: machine.memory.readU32(0x30_0000),
          real: machine.memory.readU16(0x12340 + 16),
        };
      });
      expect(one).toEqual(zero);
      if (bits === 32) expect(zero!.word).toBe(7);
      else expect(zero!.real).toBe(0x1234);
    }
  });

  it("an access from the last page into the first is no access to the first", () => {
    for (const createTier of Object.values(tiers)) {
      const machine = flatMachine(createTier);
      // mov eax, [0] brings page 0 into the TLB; mov rbx, [-1]; hlt
      load(machine, [0x8b, 0x04, 0x25, 0, 0, 0, 0, 0x48, 0x8b, 0x1c, 0x25, 0xff, 0xff, 0xff, 0xff, 0xf4]);
      machine.vcpu.exceptionBitmap = 1 << 14;
      const exit = machine.vcpu.run(10);
      expect([exit.reason, exit.faultAddress]).toEqual(["exception", 0xffff_ffff_ffff_ffffn]);
    }
  });

  it("FS and GS bases count, inline and in the slow path", () => {
    const machine = flatMachine(tier1);
    const { vcpu, memory } = machine;
    vcpu.setSegment("gs", { ...vcpu.segment("gs"), base: 0x30_0000n });
    memory.writeU64(0x30_0010, 0x1122_3344_5566_7788n);
    memory.writeU64(0x30_0ffc, 0xaabb_ccdd_eeff_0011n);
    // mov rax, gs:[0x10] twice; mov rbx, gs:[rcx + rdx*4] across a page; hlt
    load(
      machine,
      [
        0x65, 0x48, 0x8b, 0x04, 0x25, 0x10, 0, 0, 0, 0x65, 0x48, 0x8b, 0x34, 0x25, 0x10, 0, 0, 0, 0x65, 0x48, 0x8b,
        0x1c, 0x91, 0xf4,
      ],
    );
    vcpu.writeRegister(1, 0xff0n);
    vcpu.writeRegister(2, 3n);
    expect(vcpu.run(10).reason).toBe("hlt");
    expect(vcpu.readRegister(0)).toBe(0x1122_3344_5566_7788n);
    expect(vcpu.readRegister(6)).toBe(0x1122_3344_5566_7788n);
    expect(vcpu.readRegister(3)).toBe(0xaabb_ccdd_eeff_0011n);
  });
});
