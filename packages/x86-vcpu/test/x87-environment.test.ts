/** Environments in memory, pending exceptions, #XM and faults of x87 and SSE instructions. */
import { describe, expect, it } from "vitest";
import { StateOffset } from "../src/state-layout.ts";
import { createMachine, describeTiers, Place } from "./machine.ts";

const words = (machine: ReturnType<typeof createMachine>, at: number, count: number, size: 2 | 4): string[] =>
  Array.from({ length: count }, (_, i) =>
    (size === 4 ? machine.memory.readU32(at + i * 4)! : machine.memory.readU16(at + i * 2)!)
      .toString(16)
      .padStart(size * 2, "0"),
  );

// FNINIT; FLD1; FLDZ; FLD qword [0x6000], which holds an infinity: R7 valid, R6 zero, R5 special.
const FILL_32 = "db e3  d9 e8  d9 ee  dd 05 00 60 00 00";
const FILL_16 = "db e3  d9 e8  d9 ee  dd 06 00 60";
const INFINITY = 0x7ff0_0000_0000_0000n;
const TAGS = "1bff";

describe("[x86-vcpu] x87 environment", () => {
  it("protected mode, 32 bits: SDM vol. 1 figure 8-9", () => {
    const machine = createMachine("protected");
    machine.memory.writeU64(Place.data, INFINITY);
    machine.run(`${FILL_32}  d9 35 00 61 00 00  f4`);
    expect(words(machine, 0x6100, 7, 4)).toEqual([
      "ffff037f",
      "ffff2800",
      `ffff${TAGS}`,
      "00005006",
      "00000008",
      "00006000",
      "ffff0010",
    ]);
  });

  it("protected mode, 16 bits: figure 8-11", () => {
    const machine = createMachine("protected");
    machine.memory.writeU64(Place.data, INFINITY);
    machine.run(`${FILL_32}  66 d9 35 00 61 00 00  f4`);
    expect(words(machine, 0x6100, 8, 2)).toEqual(["037f", "2800", TAGS, "5006", "0008", "6000", "0010", "0000"]);
  });

  it("real mode, 16 bits: figure 8-12, linear addresses", () => {
    const machine = createMachine("real");
    machine.memory.writeU64(0x1_6000, INFINITY);
    machine.vcpu.setSegment("ds", { ...machine.vcpu.segment("ds"), selector: 0x1000, base: 0x1_0000n });
    machine.run(`${FILL_16}  d9 36 00 61  f4`);
    expect(words(machine, 0x1_6100, 8, 2)).toEqual(["037f", "2800", TAGS, "5006", "0000", "6000", "1000", "0000"]);
  });

  it("FNSAVE empties the unit, FRSTOR brings everything back", () => {
    const machine = createMachine("protected");
    machine.memory.writeU64(Place.data, INFINITY);
    const { cpu } = machine.vcpu;
    machine.run(`${FILL_32}  dd 35 00 61 00 00  f4`);
    expect([cpu.get16(StateOffset.fcw), cpu.get16(StateOffset.fsw), cpu.get16(StateOffset.ftw)]).toEqual([
      0x037f, 0, 0xffff,
    ]);
    // ST(0) first: the infinity.
    expect(machine.memory.readU64(0x611c)).toBe(0x8000_0000_0000_0000n);
    expect(machine.memory.readU16(0x6124)).toBe(0x7fff);
    machine.run("dd 25 00 61 00 00  d9 35 00 62 00 00  f4");
    expect(words(machine, 0x6200, 3, 4)).toEqual(["ffff037f", "ffff2800", `ffff${TAGS}`]);
  });

  it("FNSTENV masks every exception afterwards", () => {
    const machine = createMachine("protected");
    // control word 0x37b: ZE unmasked; FLD1; FLDZ; FDIVP; FNSTENV; FWAIT
    machine.memory.writeU16(Place.data, 0x037b);
    const outcome = machine.run("db e3  d9 2d 00 60 00 00  d9 e8  d9 ee  de f9  d9 35 00 61 00 00  9b  f4");
    expect(outcome.vector).toBeUndefined();
    expect(words(machine, 0x6100, 2, 4)).toEqual(["ffff037b", "ffffb084"]);
    expect(machine.vcpu.cpu.get16(StateOffset.fcw)).toBe(0x037f);
  });
});

describe("[x86-vcpu] pending x87 exceptions", () => {
  const divideByZero = "db e3  d9 2d 00 60 00 00  d9 e8  d9 ee  de f9";
  it("wait for the next instruction that looks: #MF", () => {
    const machine = createMachine("protected");
    machine.memory.writeU16(Place.data, 0x037b);
    // FNSTSW does not look, FLD1 does.
    const outcome = machine.run(`${divideByZero}  df e0  d9 e8  f4`);
    expect(outcome.vector).toBe(16);
    expect(machine.vcpu.readRegister(0) & 0xffffn).toBe(0xb084n);
    // The opcode of FDIVP, DE F9.
    expect(machine.vcpu.cpu.get16(StateOffset.fop)).toBe(0x6f9);
  });

  it("FNCLEX forgets them", () => {
    const machine = createMachine("protected");
    machine.memory.writeU16(Place.data, 0x037b);
    expect(machine.run(`${divideByZero}  db e2  d9 e8  f4`).vector).toBeUndefined();
  });

  it("an MMX instruction looks, too, before it loads", () => {
    const machine = createMachine("protected");
    machine.memory.writeU16(Place.data, 0x037b);
    // PADDB MM0, [far beyond]: #MF, not #PF or #GP.
    expect(machine.run(`${divideByZero}  0f fc 05 00 00 00 f0  f4`).vector).toBe(16);
  });

  it("FSTP to a page that is not there leaves the stack alone", () => {
    const machine = createMachine("long");
    machine.setPte(0xa000, 0n);
    // FNINIT; FLD1; FSTP qword [0xa000]
    const outcome = machine.run("db e3  d9 e8  dd 1c 25 00 a0 00 00  f4");
    expect(outcome.vector).toBe(14);
    expect(machine.vcpu.cpu.get16(StateOffset.fsw)).toBe(0x3800);
    expect(machine.vcpu.cpu.get16(StateOffset.ftw)).toBe(0x3fff);
  });
});

describe("[x86-vcpu] unmasked SSE exceptions", () => {
  // LDMXCSR [0x6000] with ZE unmasked; XORPD XMM1; DIVSD XMM0, XMM1 (1.0 / 0)
  const code = "0f ae 14 25 00 60 00 00  66 0f 57 c9  f2 0f 10 04 25 08 60 00 00  f2 0f 5e c1  f4";
  const prepare = () => {
    const machine = createMachine("long");
    machine.memory.writeU32(Place.data, 0x1d80);
    machine.memory.writeU64(Place.data + 8, 0x3ff0_0000_0000_0000n);
    return machine;
  };
  const low = (machine: ReturnType<typeof prepare>): bigint => machine.vcpu.cpu.get64(StateOffset.xmm);

  it("raise #XM with CR4.OSXMMEXCPT; the flag is set, the destination stays", () => {
    const machine = prepare();
    machine.vcpu.cpu.set32(StateOffset.cr4, machine.vcpu.cpu.cr4 | 0x600);
    machine.vcpu.cpu.updateModeKey();
    expect(machine.run(code).vector).toBe(19);
    expect(machine.vcpu.cpu.get32(StateOffset.mxcsr)).toBe(0x1d84);
    expect(low(machine)).toBe(0x3ff0_0000_0000_0000n);
  });

  it("raise #UD without", () => {
    const machine = prepare();
    machine.vcpu.cpu.set32(StateOffset.cr4, (machine.vcpu.cpu.cr4 | 0x200) & ~0x400);
    machine.vcpu.cpu.updateModeKey();
    expect(machine.run(code).vector).toBe(6);
  });

  it("do not raise while masked", () => {
    const machine = prepare();
    machine.vcpu.cpu.set32(StateOffset.cr4, machine.vcpu.cpu.cr4 | 0x600);
    machine.vcpu.cpu.updateModeKey();
    machine.memory.writeU32(Place.data, 0x1f80);
    expect(machine.run(code).vector).toBeUndefined();
    expect(low(machine)).toBe(INFINITY);
  });

  it("LDMXCSR refuses reserved bits", () => {
    const machine = prepare();
    machine.vcpu.cpu.set32(StateOffset.cr4, machine.vcpu.cpu.cr4 | 0x600);
    machine.vcpu.cpu.updateModeKey();
    machine.memory.writeU32(Place.data, 0x1_1f80);
    expect(machine.run(code).vector).toBe(13);
  });
});

describeTiers("[x86-vcpu] a store behind an unmasked exception", () => {
  const page = 0x4_0000;
  const entryAt = Place.pageTables + 0x3000 + (page >>> 12) * 8;
  const ACCESSED_AND_DIRTY = 0x60;
  // fninit; fldcw [0x6000]; fldz; fldz; fdivp; fstp qword [0x40000]
  const code = "dbe3 d92c2500600000 d9ee d9ee def9 dd1c2500000400 f4";
  const run = (control: number) => {
    const machine = createMachine("long");
    machine.vcpu.writeControl("cr0", machine.vcpu.cr0 | 0x20n);
    machine.memory.writeU16(Place.data, control);
    machine.setPte(page, BigInt(page | 7));
    const { vector } = machine.run(code);
    return [vector, machine.memory.readU32(entryAt)! & ACCESSED_AND_DIRTY];
  };

  it("raises #MF before it touches memory: the page is neither accessed nor dirty", () => {
    expect(run(0x037e)).toEqual([16, 0]);
  });

  it("stores where the exception is masked, and the page is both", () => {
    expect(run(0x037f)).toEqual([undefined, ACCESSED_AND_DIRTY]);
  });
});
