/** Instruction × mode → exception, error code, pushed RIP. Sources: SDM vol. 2, exception lists of each instruction; vol. 3 chapter 7. */
import { describe, expect, test } from "vitest";
import { createMachine, describeTiers, type Mode, Place, Selector } from "./machine.ts";

interface Row {
  readonly what: string;
  readonly mode: Mode;
  readonly code: string;
  readonly vector: number;
  readonly errorCode?: number;
  /** Distance of the pushed RIP from the start of the code. Default 0. */
  readonly at?: number;
}

const rows: readonly Row[] = [
  { what: "ud2", mode: "long", code: "0f0b", vector: 6 },
  { what: "ud2", mode: "protected", code: "0f0b", vector: 6 },
  { what: "div rcx; rcx = 0", mode: "long", code: "48f7f1", vector: 0 },
  { what: "div cl; cl = 0", mode: "protected", code: "f6f1", vector: 0 },
  { what: "div rcx; quotient of 65 bits", mode: "long", code: "ba01000000b90100000048f7f1", vector: 0, at: 10 },
  { what: "int3 is a trap", mode: "long", code: "cc", vector: 3, at: 1 },
  { what: "int3 at ring 3", mode: "user64", code: "cc", vector: 3, at: 1 },
  { what: "int 0x81, open to ring 3", mode: "user64", code: "cd81", vector: 0x81, at: 2 },
  { what: "int 0x80, closed to ring 3", mode: "user64", code: "cd80", vector: 13, errorCode: 0x80 * 8 + 2 },
  { what: "int 0x80 from ring 0", mode: "long", code: "cd80", vector: 0x80, at: 2 },
  { what: "int1 asks no gate", mode: "user64", code: "f1", vector: 1, at: 1 },
  { what: "hlt at ring 3", mode: "user64", code: "f4", vector: 13, errorCode: 0 },
  { what: "cli at ring 3, IOPL 0", mode: "user64", code: "fa", vector: 13, errorCode: 0 },
  { what: "mov cr0, rax at ring 3", mode: "user64", code: "0f22c0", vector: 13, errorCode: 0 },
  { what: "rdmsr at ring 3", mode: "user64", code: "0f32", vector: 13, errorCode: 0 },
  { what: "in al, 0x60: not in the bitmap", mode: "user64", code: "e460", vector: 13, errorCode: 0 },
  { what: "in ax, 0x87: half in the bitmap", mode: "user64", code: "66e587", vector: 13, errorCode: 0 },
  { what: "mov rax, [non-canonical]", mode: "long", code: "48a10000000000000080", vector: 13, errorCode: 0 },
  {
    what: "mov rax, [rbp]; rbp non-canonical",
    mode: "long",
    code: "48bd0000000000008000488b4500",
    vector: 12,
    errorCode: 0,
    at: 10,
  },
  {
    what: "jmp to a non-canonical address",
    mode: "long",
    code: "48b80000000000008000ffe0",
    vector: 13,
    errorCode: 0,
    at: 10,
  },
  {
    what: "wrmsr of a non-canonical LSTAR",
    mode: "long",
    code: "b9820000c0ba000080000f30",
    vector: 13,
    errorCode: 0,
    at: 10,
  },
  { what: "mov ds, selector beyond the GDT", mode: "long", code: "b8800000008ed8", vector: 13, errorCode: 0x80, at: 5 },
  {
    what: "mov ds, code that cannot be read",
    mode: "protected",
    code: "b8580000008ed8",
    vector: 13,
    errorCode: 0x58,
    at: 5,
  },
  { what: "mov ds, not present", mode: "protected", code: "b8600000008ed8", vector: 11, errorCode: 0x60, at: 5 },
  { what: "mov ss, not present", mode: "protected", code: "b8600000008ed0", vector: 12, errorCode: 0x60, at: 5 },
  { what: "mov ss, 0", mode: "protected", code: "31c08ed0", vector: 13, errorCode: 0, at: 2 },
  { what: "mov ss, 0 at ring 3 in 64-bit code", mode: "user64", code: "31c08ed0", vector: 13, errorCode: 0, at: 2 },
  {
    what: "null ds, then mov eax, [0]",
    mode: "protected",
    code: "31c08ed8a100600000",
    vector: 13,
    errorCode: 0,
    at: 4,
  },
  { what: "jmp far to data", mode: "protected", code: "ea000000001000", vector: 13, errorCode: 0x10 },
  { what: "jmp far to a null selector", mode: "protected", code: "ea000000000000", vector: 13, errorCode: 0 },
  { what: "lock add eax, ebx", mode: "protected", code: "f001d8", vector: 6 },
  { what: "syscall without EFER.SCE", mode: "protected", code: "0f05", vector: 6 },
  {
    what: "mov cr4, reserved bit",
    mode: "long",
    code: "0f20e0480d00000000480fbae81f0f22e0",
    vector: 13,
    errorCode: 0,
    at: 14,
  },
  { what: "clear CR4.PAE in long mode", mode: "long", code: "0f20e04883e0df0f22e0", vector: 13, errorCode: 0, at: 7 },
  { what: "set CR0.PG without PE", mode: "real", code: "660f20c0660d000000800f22c0", vector: 13, at: 10 },
  { what: "fifteen prefixes and nop: 16 bytes", mode: "long", code: "66".repeat(15) + "90", vector: 13, errorCode: 0 },
  { what: "fourteen prefixes and ud2's first byte …", mode: "long", code: "66".repeat(13) + "0f0b", vector: 6 },
  { what: "into with OF clear goes on to hlt-less ud2", mode: "protected", code: "ce0f0b", vector: 6, at: 1 },
  {
    what: "bound below",
    mode: "protected",
    code: "c7050060000005000000c7050460000009000000b804000000620500600000",
    vector: 5,
    at: 25,
  },
  { what: "fxsave misaligned", mode: "long", code: "0fae042508600000", vector: 13, errorCode: 0 },
  { what: "movaps misaligned", mode: "long", code: "0f28042508600000", vector: 13, errorCode: 0 },
];

describeTiers("[x86-vcpu] exceptions", () => {
  for (const row of rows) {
    test(`${row.mode}: ${row.what} → ${row.vector}`, () => {
      const machine = createMachine(row.mode);
      machine.setDescriptor(0x58, 0x00cf_9900_0000_ffffn); // execute-only code
      machine.setDescriptor(0x60, 0x00cf_1300_0000_ffffn); // data, not present
      const { vector, stack } = machine.run(row.code);
      expect(vector).toBe(row.vector);
      const withCode = row.errorCode === undefined ? 0 : 1;
      if (row.errorCode !== undefined) expect(stack[0]).toBe(BigInt(row.errorCode));
      expect(stack[withCode]).toBe(BigInt(Place.code + (row.at ?? 0)));
    });
  }

  test("ring 3 may use the ports that the bitmap permits", () => {
    const { exit } = createMachine("user64").run("e480");
    expect(exit).toMatchObject({
      reason: "io-instruction",
      port: 0x80,
      size: 1,
      direction: "in",
      instructionLength: 2,
    });
  });

  test("a valid instruction after the table's faulting ones does not fault", () => {
    const { vector, exit } = createMachine("long").run("b90100000031d2b80700000048f7f10fa2");
    expect(vector).toBeUndefined();
    expect(exit.reason).toBe("cpuid");
  });

  test("the frame of a ring change in long mode: SS RSP RFLAGS CS RIP, aligned, on RSP0", () => {
    const machine = createMachine("user64");
    const { stack, vector } = machine.run("4883ec03cd81");
    expect(vector).toBe(0x81);
    expect(stack.slice(0, 5)).toEqual([
      BigInt(Place.code + 6),
      BigInt(Selector.UserCode64),
      expect.any(BigInt),
      BigInt(Place.stack - 3),
      BigInt(Selector.UserData),
    ]);
    expect(machine.vcpu.readRegister(4)).toBe(BigInt(Place.kernelStack - 40));
    expect(machine.vcpu.cpl).toBe(0);
    expect(machine.vcpu.segment("ss")).toMatchObject({ selector: 0, attributes: 0x1_0000 });
  });

  test("IST and error code: the stack comes from the table and is aligned", () => {
    const machine = createMachine("long");
    machine.memory.writeU8(Place.idt + 13 * 16 + 4, 1);
    machine.run("48a10000000000000080");
    expect(machine.vcpu.readRegister(4)).toBe(BigInt(Place.kernelStack + 0x800 - 48));
  });

  test("the frame of a ring change in protected mode: SS ESP EFLAGS CS EIP and the error code", () => {
    const machine = createMachine("user32");
    const { stack, vector } = machine.run("f4");
    expect(vector).toBe(13);
    expect(stack.slice(0, 6)).toEqual([
      0n,
      BigInt(Place.code),
      BigInt(Selector.UserCode32),
      // RF: the fault is to be restarted.
      0x1_0002n,
      BigInt(Place.stack),
      BigInt(Selector.UserData),
    ]);
  });

  test("real mode pushes three words and clears IF", () => {
    const machine = createMachine("real");
    const { stack, vector } = machine.run("fb90cd21");
    expect(vector).toBe(0x21);
    expect(stack.slice(0, 3)).toEqual([BigInt(Place.code + 4), 0n, 0x202n]);
    expect(machine.vcpu.rflags & 0x200n).toBe(0n);
    expect(machine.vcpu.readRegister(4)).toBe(BigInt(Place.stack - 6));
  });

  describe("double and triple faults", () => {
    test("#GP whose gate is not present is a double fault with error code 0", () => {
      const machine = createMachine("long");
      machine.memory.writeU32(Place.idt + 13 * 16 + 4, 0x0e00);
      const { vector, stack } = machine.run("48a10000000000000080");
      expect(vector).toBe(8);
      expect(stack.slice(0, 2)).toEqual([0n, BigInt(Place.code)]);
    });

    test("#UD whose gate is not present is an ordinary #NP", () => {
      const machine = createMachine("long");
      machine.memory.writeU32(Place.idt + 6 * 16 + 4, 0x0e00);
      const { vector, stack } = machine.run("0f0b");
      expect(vector).toBe(11);
      expect(stack[0]).toBe(BigInt(6 * 8 + 2 + 1));
    });

    test("without an IDT everything is a triple fault", () => {
      const machine = createMachine("long");
      machine.vcpu.setTable("idtr", { base: 0n, limit: 0 });
      expect(machine.run("0f0b").exit.reason).toBe("triple-fault");
    });
  });

  describe("exception bitmap", () => {
    test("a vector in it exits instead of being delivered; others do not", () => {
      const machine = createMachine("user64");
      machine.vcpu.exceptionBitmap = 1 << 13;
      const { exit } = machine.run("ed");
      expect(exit).toMatchObject({ reason: "exception", vector: 13, errorCode: 0 });
      expect(machine.vcpu.rip).toBe(BigInt(Place.code));
      expect(createMachine("user64").run("ed").vector).toBe(13);
      expect(machine.run("0f0b").vector).toBe(6);
    });

    test("injectException delivers the original", () => {
      const machine = createMachine("user64");
      machine.vcpu.exceptionBitmap = 1 << 13;
      machine.run("ed");
      machine.vcpu.injectException(13, 0);
      const { vector, stack } = machine.outcome(machine.vcpu.run(10));
      expect(vector).toBe(13);
      expect(stack.slice(0, 2)).toEqual([0n, BigInt(Place.code)]);
    });
  });
});
