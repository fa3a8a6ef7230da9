/** REP strings in chunks, and accesses that no memory backs. Sources: SDM vol. 2, REP and the string instructions; design: MMIO is restarted. */
import { expect, test } from "vitest";
import { bytesOf, createMachine, describeTiers, Place } from "./machine.ts";

const hex = (text: string): string => text.replace(/[^0-9a-f]/g, "");
const RCX = 1;
const RSI = 6;
const RDI = 7;

function stringMachine(rcx: bigint, rsi: bigint, rdi: bigint) {
  const machine = createMachine("long");
  machine.vcpu.writeRegister(RCX, rcx);
  machine.vcpu.writeRegister(RSI, rsi);
  machine.vcpu.writeRegister(RDI, rdi);
  return machine;
}
const registers = (machine: ReturnType<typeof createMachine>) =>
  [RCX, RSI, RDI].map((n) => machine.vcpu.readRegister(n));

describeTiers("[x86-vcpu] REP strings", () => {
  test("movsb across pages: a chunk ends where either page ends", () => {
    const machine = stringMachine(0x2000n, 0x20_0800n, 0x30_0000n);
    for (let n = 0; n < 0x2000; n += 4) machine.memory.writeU32(0x20_0800 + n, n * 7);
    expect(machine.run(hex("f3a4 0f0b")).vector).toBe(6);
    expect(registers(machine)).toEqual([0n, 0x20_2800n, 0x30_2000n]);
    expect(machine.memory.read(0x30_0000, 0x2000)).toEqual(machine.memory.read(0x20_0800, 0x2000));
    // Chunks of 0x800 × 4, #UD's delivery.
    expect(machine.vcpu.retired).toBe(4 + 1);
  });

  test("overlapping movsb repeats the pattern", () => {
    const machine = stringMachine(12n, 0x6000n, 0x6003n);
    machine.memory.write(0x6000, Uint8Array.of(1, 2, 3));
    machine.run(hex("f3a4 0f0b"));
    expect([...machine.memory.read(0x6000, 15)!]).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]);
  });

  test("DF moves downwards", () => {
    const machine = stringMachine(3n, 0x6008n, 0x6108n);
    for (let n = 0; n < 3; n++) machine.memory.writeU32(0x6000 + n * 4, n + 1);
    machine.run(hex("fd f3a5 0f0b"));
    expect([0, 4, 8].map((n) => machine.memory.readU32(0x6100 + n))).toEqual([1, 2, 3]);
    expect(registers(machine)).toEqual([0n, 0x5ffcn, 0x60fcn]);
  });

  test("a page fault leaves what was done, and the registers at the faulting element", () => {
    const machine = stringMachine(0x1000n, 0x20_0000n, 0x30_0ff0n);
    machine.setPte(0x30_1000, 0n);
    const { vector, stack } = machine.run(hex("f3a4"));
    expect(vector).toBe(14);
    expect(stack.slice(0, 2)).toEqual([2n, BigInt(Place.code)]);
    expect(machine.vcpu.cr2).toBe(0x30_1000n);
    expect(registers(machine)).toEqual([0xff0n, 0x20_0010n, 0x30_1000n]);
  });

  test("stosq fills; rcx = 0 does nothing", () => {
    const machine = stringMachine(600n, 0n, 0x6000n);
    machine.vcpu.writeRegister(0, 0x1122_3344_5566_7788n);
    machine.run(hex("f348ab 0f0b"));
    expect(machine.memory.readU64(0x6000 + 599 * 8)).toBe(0x1122_3344_5566_7788n);
    expect(machine.memory.readU64(0x6000 + 600 * 8)).toBe(0n);
    machine.vcpu.writeRegister(RCX, 0n);
    machine.run(hex("f348ab 0f0b"));
    expect(registers(machine)).toEqual([0n, 0n, 0x6000n + 4800n]);
  });

  test("repe cmpsb stops after the first difference", () => {
    const machine = stringMachine(100n, 0x6000n, 0x6100n);
    machine.memory.write(0x6000, Uint8Array.of(5, 5, 5, 9));
    machine.memory.write(0x6100, Uint8Array.of(5, 5, 5, 3));
    machine.run(hex("f3a6 0f0b"));
    expect(registers(machine)).toEqual([96n, 0x6004n, 0x6104n]);
    expect(machine.vcpu.rflags & 0x8d5n).toBe(0x4n); // 9 − 3 = 6: PF only
  });

  test("repne scasb finds", () => {
    const machine = stringMachine(-1n & 0xffff_ffff_ffff_ffffn, 0n, 0x6000n);
    machine.memory.write(0x6000, new TextEncoder().encode("length\0"));
    machine.run(hex("f2ae 0f0b"));
    expect(machine.vcpu.readRegister(RDI)).toBe(0x6007n);
    expect(machine.vcpu.rflags & 0x40n).toBe(0x40n);
  });

  test("32-bit addresses zero-extend the registers they change", () => {
    const machine = stringMachine(0xffff_ffff_0000_0002n, 0xffff_ffff_0000_6000n, 0x6100n);
    machine.run(hex("67f3a4 0f0b"));
    expect(registers(machine)).toEqual([0n, 0x6002n, 0x6102n]);
  });

  test("rep insb leaves to the hypervisor element by element, after its checks", () => {
    const machine = stringMachine(2n, 0n, 0x6000n);
    const { exit } = machine.run(hex("f36c"));
    expect(exit).toMatchObject({ reason: "io-instruction", string: true, rep: true, direction: "in", size: 1 });
    machine.vcpu.writeRegister(RDI, 0x20_0000n);
    machine.setPte(0x20_0000, 0n);
    expect(machine.run(hex("f36c")).vector).toBe(14);
  });
});

describeTiers("[x86-vcpu] MMIO", () => {
  /** Guest-physical 0xfee0_0000 at linear 0x20_0000. */
  function mmioMachine() {
    const machine = createMachine("long");
    machine.setPte(0x20_0000, 0xfee0_0007n);
    return machine;
  }

  test("a read leaves, is answered, and the instruction completes", () => {
    const machine = mmioMachine();
    const { exit } = machine.run(hex("8b042530002000 0f0b"));
    expect(exit).toMatchObject({
      reason: "ept-violation",
      access: "read",
      guestPhysical: 0xfee0_0030,
      guestLinear: 0x20_0030n,
      accessSize: 4,
    });
    expect(machine.vcpu.retired).toBe(0);
    machine.vcpu.completeMmio(Uint8Array.of(0x14, 0, 5, 0));
    expect(machine.outcome(machine.vcpu.run(10)).vector).toBe(6);
    expect(machine.vcpu.readRegister(0)).toBe(0x5_0014n);
  });

  test("a read-modify-write makes one read and one write", () => {
    const machine = mmioMachine();
    expect(machine.run(hex("830425 80002000 05 0f0b")).exit).toMatchObject({ access: "read", accessSize: 4 });
    machine.vcpu.completeMmio(Uint8Array.of(2, 0, 0, 0));
    const { exit } = machine.outcome(machine.vcpu.run(10));
    expect(exit).toMatchObject({ access: "write", accessSize: 4, guestPhysical: 0xfee0_0080 });
    expect([...exit.data.subarray(0, 4)]).toEqual([7, 0, 0, 0]);
    machine.vcpu.completeMmio();
    expect(machine.outcome(machine.vcpu.run(10)).vector).toBe(6);
  });

  test("an interrupt does not come between the access and its instruction", () => {
    const machine = mmioMachine();
    machine.vcpu.rflags = 0x202n;
    machine.run(hex("8b042530002000 90 90"));
    machine.vcpu.completeMmio(Uint8Array.of(1, 2, 3, 4));
    expect(machine.vcpu.interruptible).toBe(false);
    machine.vcpu.injectInterrupt(0x50);
    const { vector, stack } = machine.outcome(machine.vcpu.run(10));
    expect(vector).toBe(0x50);
    expect(stack[0]).toBeGreaterThan(BigInt(Place.code));
    expect(machine.vcpu.readRegister(0)).toBe(0x0403_0201n);
  });

  test("rep movsd into MMIO goes one element at a time", () => {
    const machine = mmioMachine();
    machine.vcpu.writeRegister(RCX, 2n);
    machine.vcpu.writeRegister(RSI, 0x6000n);
    machine.vcpu.writeRegister(RDI, 0x20_0000n);
    machine.memory.writeU64(0x6000, 0x2222_2222_1111_1111n);
    const seen: number[] = [];
    let { exit } = machine.run(hex("f3a5 0f0b"));
    for (let n = 0; n < 2; n++) {
      expect(exit).toMatchObject({ reason: "ept-violation", access: "write" });
      seen.push(exit.guestPhysical, exit.data[0]!);
      machine.vcpu.completeMmio();
      exit = machine.vcpu.run(10);
    }
    expect(seen).toEqual([0xfee0_0000, 0x11, 0xfee0_0004, 0x22]);
    expect(machine.outcome(exit).vector).toBe(6);
  });

  test("an instruction is fetched byte by byte, and reads what it reads besides", () => {
    const machine = mmioMachine();
    // mov eax, [0x200030], as a device would have it at 0x200000.
    const code = bytesOf("8b042530002000");
    let { exit } = machine.run(hex("48c7c000002000 ffe0"));
    for (const [n, byte] of [...code].entries()) {
      expect(exit).toMatchObject({
        reason: "ept-violation",
        access: "fetch",
        guestPhysical: 0xfee0_0000 + n,
        accessSize: 1,
      });
      expect(machine.vcpu.rip).toBe(0x20_0000n);
      machine.vcpu.completeMmio(Uint8Array.of(byte));
      exit = machine.vcpu.run(10);
    }
    expect(exit).toMatchObject({ reason: "ept-violation", access: "read", guestPhysical: 0xfee0_0030, accessSize: 4 });
    machine.vcpu.completeMmio(Uint8Array.of(7, 0, 0, 0));
    // The next instruction begins anew.
    expect(machine.vcpu.run(10)).toMatchObject({
      reason: "ept-violation",
      access: "fetch",
      guestPhysical: 0xfee0_0007,
    });
    expect(machine.vcpu.readRegister(0)).toBe(7n);
    expect(machine.vcpu.retired).toBe(3);
  });

  test("ROM: reads are memory, writes leave", () => {
    const machine = createMachine("long");
    machine.memory.addRom(0xfff0_0000, Uint8Array.of(0x5a));
    machine.setPte(0x20_0000, 0xfff0_0007n);
    const { exit } = machine.run(hex("8a042500002000 88042500002000"));
    expect(exit).toMatchObject({ reason: "ept-violation", access: "write", guestPhysical: 0xfff0_0000 });
    expect(machine.vcpu.readRegister(0)).toBe(0x5an);
  });
});
