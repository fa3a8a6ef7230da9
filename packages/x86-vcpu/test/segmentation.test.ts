/** Limits, expand-down, real-mode segments, #AC, wrap-around. Sources: SDM vol. 3 §6.3, §7.15 (#AC), §22.1.1. */
import { expect, test } from "vitest";
import { createMachine, describeTiers, Place } from "./machine.ts";

const hex = (text: string): string => text.replace(/[^0-9a-f]/g, "");

describeTiers("[x86-vcpu] segment limits in protected mode", () => {
  const withSegment = (descriptor: bigint) => {
    const machine = createMachine("protected");
    machine.setDescriptor(0x58, descriptor);
    return machine;
  };
  /** mov eax, 0x58; mov ds, ax; mov …, [offset] */
  const load = (offset: number, instruction: string): string => {
    const bytes = [offset, offset >>> 8, offset >>> 16, offset >>> 24].map((b) =>
      (b & 255).toString(16).padStart(2, "0"),
    );
    return hex(`b858000000 8ed8 ${instruction} ${bytes.join("")} 0f0b`);
  };
  const dword = "a1";
  const byte = "a0";

  // base 0x6000, limit 0xfff, byte granular, data read/write
  const up = 0x0040_9300_6000_0fffn;
  // base 0x6000, limit 0xfff, expand-down, 32-bit: offsets 0x1000 … 0xffff_ffff
  const down = 0x0040_9700_6000_0fffn;
  const down16 = 0x0000_9700_6000_0fffn;

  for (const [what, descriptor, offset, instruction, vector] of [
    ["last byte", up, 0xfff, byte, 6],
    ["one beyond", up, 0x1000, byte, 13],
    ["last doubleword", up, 0xffc, dword, 6],
    ["doubleword across the limit", up, 0xffd, dword, 13],
    ["doubleword that wraps the offset", up, 0xffff_ffff, dword, 13],
    ["expand-down: at the limit", down, 0xfff, byte, 13],
    ["expand-down: above it", down, 0x1000, byte, 6],
    ["expand-down, 16-bit: above 0xffff", down16, 0x1_0000, byte, 13],
    ["expand-down, 16-bit: at 0xffff", down16, 0xffff, byte, 6],
  ] as const) {
    test(`${what} → ${vector}`, () => {
      expect(withSegment(descriptor).run(load(offset, instruction)).vector).toBe(vector);
    });
  }

  test("a read-only segment refuses stores, and read-modify-write before reading", () => {
    const machine = withSegment(0x0040_9100_6000_0fffn);
    expect(machine.run(load(0, "a2")).vector).toBe(13);
    expect(machine.run(load(0, byte)).vector).toBe(6);
    expect(machine.run(hex("b858000000 8ed8 8005 00000000 01")).vector).toBe(13);
  });

  test("CS can be read if it says so, never written", () => {
    expect(createMachine("protected").run(hex("2ea000600000 0f0b")).vector).toBe(6);
    expect(createMachine("protected").run(hex("2ea200600000 0f0b")).vector).toBe(13);
  });

  // The write through DS leaves a translation behind, with which an engine could do the second write inline.
  for (const [what, instruction] of [
    ["mov", "2ea200600000"],
    ["mov of a constant", "2ec6050060000001"],
    ["dec", "2e66ff0d00600000"],
    ["movups", "2e0f110500600000"],
  ] as const) {
    test(`nor when its page has just been written through DS: ${what}`, () => {
      expect(createMachine("protected").run(hex(`a200600000 ${instruction} 0f0b`)).vector).toBe(13);
      expect(createMachine("protected").run(hex(`a200600000 3e${instruction.slice(2)} 0f0b`)).vector).toBe(6);
    });
  }

  test("a push beyond SS's limit is #SS(0) and moves nothing", () => {
    const machine = createMachine("protected");
    machine.setDescriptor(0x58, 0x0040_9300_6000_0fffn);
    machine.memory.writeU32(Place.idt + 12 * 8, 0x0060_0000);
    // mov eax, 0x58; mov ss, ax; mov esp, 0x2000; push eax: #SS cannot be delivered on that stack either → shutdown
    expect(machine.run(hex("b858000000 8ed0 bc00200000 50")).exit.reason).toBe("triple-fault");
    expect(machine.vcpu.readRegister(4)).toBe(0x2000n);
  });

  test("loading a segment sets the accessed bit in the table", () => {
    const machine = withSegment(0x0040_9200_6000_0fffn);
    machine.run(load(0, byte));
    expect(machine.memory.readU8(Place.gdt + 0x5d)).toBe(0x93);
  });

  test("in 64-bit code limits and bases of DS count for nothing; FS's base does", () => {
    const machine = createMachine("long");
    machine.setDescriptor(0x58, 0x0040_9300_6000_0000n);
    machine.memory.writeU8(0x7000, 0x5a);
    // mov eax,0x58; mov ds,ax; mov fs,ax; mov bl,[0x7000]; mov cl,fs:[0x1000]; ud2
    const { vector } = machine.run(hex("b858000000 8ed8 8ee0 8a1c2500700000 648a0c2500100000 0f0b"));
    expect(vector).toBe(6);
    expect(machine.vcpu.readRegister(3)).toBe(0x5an);
    expect(machine.vcpu.readRegister(1)).toBe(0x5an);
  });
});

describeTiers("[x86-vcpu] real mode", () => {
  test("selector × 16, and above 1 MiB without a wrap", () => {
    const machine = createMachine("real");
    machine.memory.writeU16(0x10_ffee, 0xbeef);
    // mov ax,0xffff; mov ds,ax; mov bx,[0xfffe]; ud2
    machine.run(hex("b8ffff 8ed8 8b1efeff 0f0b"));
    expect(machine.vcpu.readRegister(3)).toBe(0xbeefn);
  });

  test("a word at offset 0xffff is #GP; through SS it is #SS", () => {
    expect(createMachine("real").run(hex("a1ffff")).vector).toBe(13);
    expect(createMachine("real").run(hex("36a1ffff")).vector).toBe(12);
  });

  test("unreal mode: limits loaded in protected mode stay", () => {
    const machine = createMachine("real");
    machine.memory.write(Place.data, Uint8Array.of(0x7f, 0, 0, 0x10, 0, 0));
    machine.memory.writeU8(0x20_0000, 0x77);
    // lgdt [0x6000]; mov eax,cr0; or al,1; mov cr0,eax; mov bx,0x10; mov ds,bx; and al,0xfe; mov cr0,eax
    // mov cl,[dword 0x200000]; ud2
    const { vector } = machine.run(hex("0f01160060 0f20c0 0c01 0f22c0 bb1000 8edb 24fe 0f22c0 678a0d00002000 0f0b"));
    expect(vector).toBe(6);
    expect(machine.vcpu.readRegister(1)).toBe(0x77n);
  });

  test("SP wraps at 64 KiB", () => {
    const machine = createMachine("real");
    machine.vcpu.writeRegister(4, 0n);
    machine.run(hex("68aa55 f4"));
    expect(machine.vcpu.readRegister(4)).toBe(0xfffen);
    expect(machine.memory.readU16(0xfffe)).toBe(0x55aa);
  });
});

describeTiers("[x86-vcpu] #AC", () => {
  test("only at ring 3 with CR0.AM and RFLAGS.AC", () => {
    for (const [mode, am, ac, vector] of [
      ["user64", true, true, 17],
      ["user64", true, false, 6],
      ["user64", false, true, 6],
      ["long", true, true, 6],
    ] as const) {
      const machine = createMachine(mode);
      if (am) machine.vcpu.writeControl("cr0", machine.vcpu.cr0 | 0x4_0000n);
      if (ac) machine.vcpu.rflags |= 0x4_0000n;
      expect(machine.run(hex("8b042502600000 0f0b")).vector).toBe(vector);
    }
  });
});
