/** Rare instructions that helpers carry out. Sources: SDM vol. 2, the instructions; RFC 3720 appendix B.4 (CRC-32C). */

import { expect, test } from "vitest";
import { helperNames } from "x86-lift";
import { helperTable } from "../src/helpers/index.ts";
import { createMachine, describeTiers } from "./machine.ts";

const hex = (text: string): string => text.replace(/[^0-9a-f]/g, "");
const [RAX, RCX, RDX, RBX] = [0, 1, 2, 3];
const ZF = 0x40n;

test("every helper that the lifter may ask for is there", () => {
  expect(helperNames.filter((_, n) => helperTable[n] === undefined)).toEqual([]);
});

describeTiers("[x86-vcpu] arithmetic helpers", () => {
  const divide = (instruction: string, rdx: bigint, rax: bigint, rcx: bigint) => {
    const { vcpu, run } = createMachine("long");
    for (const [n, value] of [
      [RDX, rdx],
      [RAX, rax],
      [RCX, rcx],
    ] as const) {
      vcpu.writeRegister(n, BigInt.asUintN(64, value));
    }
    const { vector } = run(`${instruction}0f0b`);
    return { vector, quotient: vcpu.readRegister(RAX), remainder: vcpu.readRegister(RDX) };
  };
  const div = "48f7f1";
  const idiv = "48f7f9";
  const min = 1n << 63n;

  test("div and idiv of 128 bits", () => {
    expect(divide(div, 1n, 1n, 2n)).toEqual({ vector: 6, quotient: min, remainder: 1n });
    expect(divide(div, 1n, 0n, 1n).vector).toBe(0);
    expect(divide(idiv, -1n, -7n, 2n)).toEqual({
      vector: 6,
      quotient: BigInt.asUintN(64, -3n),
      remainder: BigInt.asUintN(64, -1n),
    });
    expect(divide(idiv, -1n, min, 1n)).toEqual({ vector: 6, quotient: min, remainder: 0n });
    expect(divide(idiv, -1n, min, -1n).vector).toBe(0);
    expect(divide(idiv, 0n, 5n, 0n).vector).toBe(0);
  });

  test("CRC32 computes CRC-32C", () => {
    const machine = createMachine("long");
    machine.memory.write(0x6000, new TextEncoder().encode("123456789"));
    machine.run(hex("be00600000 b909000000 b8ffffffff f20f38f006 48ffc6 ffc9 75f4 f7d0 0f0b"));
    expect(machine.vcpu.readRegister32(RAX)).toBe(0xe306_9283);
  });

  test("PDEP and PEXT undo each other inside the mask", () => {
    const machine = createMachine("long");
    machine.vcpu.writeRegister(RBX, 0b0101n);
    machine.vcpu.writeRegister(RCX, 0b1010_1100n);
    machine.run(hex("c4e2e3f5c1 4889c3 c4e2e2f5d1 0f0b")); // pdep rax,rbx,rcx; mov rbx,rax; pext rdx,rbx,rcx
    expect(machine.vcpu.readRegister(RAX)).toBe(0b0010_0100n);
    expect(machine.vcpu.readRegister(RDX)).toBe(0b0101n);
  });

  test("RDRAND repeats with the seed and sets CF", () => {
    const values = [0, 1].map(() => {
      const machine = createMachine("long");
      machine.vcpu.cpu.randomState = 42n;
      machine.run(hex("480fc7f0 0f0b"));
      expect(machine.vcpu.rflags & 1n).toBe(1n);
      return machine.vcpu.readRegister(RAX);
    });
    expect(values[0]).toBe(values[1]);
    expect(values[0]).not.toBe(0n);
  });
});

describeTiers("[x86-vcpu] LAR, LSL, VERR, VERW", () => {
  const ask = (instruction: string, selector: number) => {
    const machine = createMachine("protected");
    machine.vcpu.writeRegister(RCX, BigInt(selector));
    machine.run(`${instruction}0f0b`);
    return { zf: (machine.vcpu.rflags & ZF) !== 0n, eax: machine.vcpu.readRegister32(RAX) };
  };

  test("LAR and LSL", () => {
    expect(ask("0f02c1", 0x10)).toEqual({ zf: true, eax: 0x00cf_9300 });
    expect(ask("0f03c1", 0x10)).toEqual({ zf: true, eax: 0xffff_ffff });
    expect(ask("0f03c1", 0x38)).toEqual({ zf: true, eax: 0xffff });
    expect(ask("0f02c1", 0)).toEqual({ zf: false, eax: 0 });
    expect(ask("0f02c1", 0x80)).toEqual({ zf: false, eax: 0 });
    // RPL 3 does not see ring 0's data.
    expect(ask("0f02c1", 0x13)).toEqual({ zf: false, eax: 0 });
  });

  test("VERR and VERW", () => {
    expect(ask("0f00e1", 0x10).zf).toBe(true);
    expect(ask("0f00e1", 0x08).zf).toBe(true);
    expect(ask("0f00e9", 0x10).zf).toBe(true);
    expect(ask("0f00e9", 0x08).zf).toBe(false);
  });
});

describeTiers("[x86-vcpu] FXSAVE and XSAVE", () => {
  const area = 0x6000;
  // fninit; fld1; mov eax, 0x12345678; movd xmm0, eax
  const fill = "dbe3 d9e8 b878563412 660f6ec0";

  test("FXSAVE's image, and back", () => {
    const machine = createMachine("long");
    const { memory } = machine;
    machine.run(hex(`${fill} 0fae042500600000 0f0b`));
    expect([0, 2, 4].map((n) => memory.readU16(area + n))).toEqual([0x37f, 0x3800, 0x80]);
    expect([memory.readU32(area + 24), memory.readU32(area + 28)]).toEqual([0x1f80, 0xffff]);
    expect([memory.readU64(area + 32), memory.readU16(area + 40)]).toEqual([1n << 63n, 0x3fff]);
    expect(memory.readU32(area + 160)).toBe(0x1234_5678);
    memory.writeU32(area + 160, 0x55);
    machine.run(hex("0fae0c2500600000 660f7ec0 0f0b")); // fxrstor; movd eax, xmm0
    expect(machine.vcpu.readRegister32(RAX)).toBe(0x55);
    memory.writeU32(area + 24, 0x1_0000);
    expect(machine.run(hex("0fae0c2500600000")).vector).toBe(13);
  });

  test("XSAVE marks what it wrote; XRSTOR clears what is not marked", () => {
    const machine = createMachine("long");
    const { vcpu, memory } = machine;
    vcpu.writeControl("cr4", vcpu.cr4 | (1n << 18n));
    vcpu.xcr0 = 3n;
    const saved = machine.run(hex(`${fill} b803000000 31d2 0fae242500600000 0f0b`));
    expect(saved.vector).toBe(6);
    expect(memory.readU64(area + 512)).toBe(3n);
    expect(memory.readU32(area + 160)).toBe(0x1234_5678);
    memory.writeU64(area + 512, 1n);
    machine.run(hex("b803000000 31d2 0fae2c2500600000 660f7ec0 0f0b"));
    expect(vcpu.readRegister32(RAX)).toBe(0);
    memory.writeU64(area + 512, 4n);
    expect(machine.run(hex("b803000000 31d2 0fae2c2500600000")).vector).toBe(13);
  });
});
