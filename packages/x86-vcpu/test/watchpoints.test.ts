/** A debugger's breakpoints on data and ports, which the guest cannot see. */
import { expect, test } from "vitest";
import { createMachine, describeTiers, Place } from "./machine.ts";

const hex = (text: string): string => text.replace(/[^0-9a-f]/g, "");
const here = BigInt(Place.code);
const at = (offset: number, bytes: number, kind: "write" | "access" = "write") => ({
  kind,
  address: BigInt(Place.data + offset),
  bytes,
});

describeTiers("[x86-vcpu] watchpoints", () => {
  test("stop behind a write, and the debug registers know nothing", () => {
    const machine = createMachine("long");
    const point = at(6, 1);
    machine.vcpu.watch([at(0x800, 4), point]);
    // mov eax,[0x6004]; mov [0x6004],eax; mov rbx,dr6; hlt
    const { exit } = machine.run(hex("8b042504600000 89042504600000 0f21f3 f4"));
    expect(exit).toMatchObject({ reason: "stop", breakpoint: point });
    expect(machine.vcpu.rip).toBe(here + 14n);
    expect(machine.vcpu.run(10).reason).toBe("hlt");
    expect(machine.vcpu.readRegister(3)).toBe(0xffff_0ff0n);
  });

  test("access: reads too; bytes beside it do not count", () => {
    const machine = createMachine("long");
    machine.vcpu.watch([at(8, 2, "access")]);
    // mov eax,[0x6004]; mov ax,[0x600a]; mov al,[0x6009]; nop; hlt
    const { exit } = machine.run(hex("8b042504600000 668b04250a600000 8a042509600000 90 f4"));
    expect(exit.breakpoint).toMatchObject({ kind: "access", address: 0x6008n });
    expect(machine.vcpu.rip).toBe(here + 22n);
    expect(machine.vcpu.run(10).reason).toBe("hlt");
  });

  test("inside rep stosb: behind the element", () => {
    const machine = createMachine("long");
    machine.vcpu.watch([at(5, 1)]);
    machine.vcpu.writeRegister(1, 0x10n);
    machine.vcpu.writeRegister(7, BigInt(Place.data));
    expect(machine.run(hex("f3aa f4")).exit.breakpoint?.kind).toBe("write");
    expect(machine.vcpu.readRegister(1)).toBe(10n);
    expect(machine.vcpu.run(100).reason).toBe("hlt");
  });

  test("of a range across pages", () => {
    const machine = createMachine("long");
    machine.vcpu.watch([at(0xff0, 0x1000)]);
    expect(machine.run(hex("c604 2500700000 01 f4")).exit.breakpoint?.kind).toBe("write");
    expect(machine.run(hex("c604 25f07f0000 01 f4")).exit.reason).toBe("hlt");
  });

  test("a fault is no access, the frame of its delivery is one", () => {
    const machine = createMachine("long");
    machine.vcpu.watch([at(0, 8)]);
    machine.setPte(Place.data, BigInt(Place.data | 5));
    machine.vcpu.writeControl("cr0", 0x8001_0031n);
    expect(machine.run(hex("c6042500600000 01")).vector).toBe(14);
    machine.vcpu.watch([{ kind: "write", address: BigInt(Place.stack - 8), bytes: 8 }]);
    machine.vcpu.writeRegister(4, BigInt(Place.stack));
    expect(machine.run(hex("0f0b")).exit.reason).toBe("stop");
    expect(machine.vcpu.rip).toBe(BigInt(Place.handlers + 6 * 16));
  });

  test("port: behind the instruction, once it is answered", () => {
    const machine = createMachine("long");
    machine.vcpu.watch([{ kind: "port", address: 0x80n, bytes: 2 }]);
    expect(machine.run(hex("e681 e482 90 f4")).exit.reason).toBe("io-instruction");
    machine.vcpu.advanceRip(2);
    expect(machine.vcpu.run(10)).toMatchObject({ reason: "stop", breakpoint: { kind: "port" } });
    expect(machine.vcpu.rip).toBe(here + 2n);
    expect(machine.vcpu.run(10).reason).toBe("io-instruction");
    machine.vcpu.advanceRip(2);
    expect(machine.vcpu.run(10).reason).toBe("hlt");
  });

  test("on a device's page, and in an instruction of two accesses", () => {
    const machine = createMachine("protected");
    const device = 0x80_0000;
    machine.vcpu.watch([at(0, 4, "access"), { kind: "write", address: BigInt(device), bytes: 4 }]);
    machine.vcpu.writeRegister(6, BigInt(Place.data));
    machine.vcpu.writeRegister(7, BigInt(device));
    expect(machine.run(hex("a5 f4")).exit.reason).toBe("ept-violation"); // movsd
    machine.vcpu.completeMmio();
    expect(machine.vcpu.run(10).reason).toBe("stop");
    expect(machine.vcpu.rip).toBe(here + 1n);
    expect(machine.vcpu.run(10).reason).toBe("hlt");
  });

  test("none: memory runs at full speed again; a bad size is refused", () => {
    const { vcpu } = createMachine("long");
    expect(() => vcpu.watch([at(0, 0)])).toThrow("watch: bytes of 0x6000: expected 1 or more, got 0");
    vcpu.watch([at(0, 4)]);
    vcpu.watch([]);
    expect(vcpu.cpu.watchpoints).toEqual([]);
  });

  test("execution: says where", () => {
    const machine = createMachine("long");
    machine.vcpu.breakpoints.add(here + 1n);
    expect(machine.run(hex("90 90 f4")).exit.breakpoint).toEqual({ kind: "execution", address: here + 1n });
  });
});
