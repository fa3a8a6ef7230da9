/** Accesses to control and debug registers that exit (SDM vol. 3, VMX non-root operation), and what exits report. */
import { expect, test } from "vitest";
import { exitQualification } from "../src/qualification.ts";
import { createMachine, describeTiers, Place } from "./machine.ts";

const hex = (text: string): string => text.replace(/[^0-9a-f]/g, "");
const here = BigInt(Place.code);

describeTiers("[x86-vcpu] control-register exits", () => {
  test("nothing exits that was not asked for", () => {
    // mov rax,cr0; mov cr0,rax; mov rax,cr3; mov cr3,rax; mov rax,cr4; mov cr4,rax; mov rax,cr8; mov cr8,rax; clts; hlt
    const code = hex("0f20c0 0f22c0 0f20d8 0f22d8 0f20e0 0f22e0 440f20c0 440f22c0 0f06 0f21f8 f4");
    expect(createMachine("long").run(code).exit.reason).toBe("hlt");
  });

  // Qualification: number | type << 4 | general register << 8 (0 MOV to CR, 1 MOV from CR).
  test.each([
    ["mov r9, cr3", "41 0f 20 d9", "cr3Store", 0x913n],
    ["mov cr3, rsp", "0f 22 dc", "cr3Load", 0x403n],
    ["mov rdx, cr8", "44 0f 20 c2", "cr8Store", 0x218n],
    ["mov cr8, rdi", "44 0f 22 c7", "cr8Load", 0x708n],
  ] as const)("%s", (_name, code, control, qualification) => {
    const machine = createMachine("long");
    const length = hex(code).length / 2;
    machine.vcpu.intercepts[control] = true;
    const { exit } = machine.run(hex(code));
    expect(exit).toMatchObject({ reason: "cr-access", instructionLength: length });
    expect(exitQualification(exit)).toBe(qualification);
    expect(machine.vcpu.rip).toBe(here);
    expect(machine.vcpu.nextRip).toBe(here + BigInt(length));
  });

  test("the other direction and the other register do not exit", () => {
    const machine = createMachine("long");
    machine.vcpu.intercepts.cr3Load = true;
    machine.vcpu.intercepts.cr8Store = true;
    expect(machine.run(hex("0f20d8 440f22c0 f4")).vector).toBe(13); // CR3 does not fit CR8: it was reached.
  });

  test("CR0: bits of the mask are read from the shadow, by SMSW too", () => {
    const machine = createMachine("long");
    Object.assign(machine.vcpu.intercepts, { cr0Mask: 0x8n, cr0Shadow: 0x8n });
    machine.run(hex("0f20c0 0f01e3 f4"));
    expect(machine.vcpu.readRegister(0)).toBe(0x8000_0039n);
    expect(machine.vcpu.readRegister32(3)).toBe(0x8000_0039);
    expect(machine.vcpu.cr0).toBe(0x8000_0031n);
  });

  test("CR0: a write that differs from the shadow exits, one that does not leaves the masked bits", () => {
    const machine = createMachine("long");
    Object.assign(machine.vcpu.intercepts, { cr0Mask: 0x8n, cr0Shadow: 0x8n });
    // mov eax,0x8000003b; mov cr0,rax (MP on, TS as the shadow); mov eax,0x80000031; mov cr0,rax
    const { exit } = machine.run(hex("b83b000080 0f22c0 b831000080 0f22c0 f4"));
    expect(exit.reason).toBe("cr-access");
    expect(exitQualification(exit)).toBe(0n);
    expect(machine.vcpu.rip).toBe(here + 13n);
    expect(machine.vcpu.cr0).toBe(0x8000_0033n);
  });

  test("CR4: the same", () => {
    const machine = createMachine("long");
    Object.assign(machine.vcpu.intercepts, { cr4Mask: 0x4n, cr4Shadow: 0n });
    // mov rax,cr4; or eax,8; mov cr4,rax; or eax,4; mov cr4,rax
    const { exit } = machine.run(hex("0f20e0 83c808 0f22e0 83c804 0f22e0"));
    expect(exitQualification(exit)).toBe(4n);
    expect(machine.vcpu.rip).toBe(here + 12n);
    expect(machine.vcpu.cr4).toBe(0x628n);
  });

  test("CLTS: exits for a shadow with TS, does nothing for one without", () => {
    const machine = createMachine("long");
    machine.vcpu.writeControl("cr0", 0x8000_0039n);
    Object.assign(machine.vcpu.intercepts, { cr0Mask: 0x8n, cr0Shadow: 0n });
    expect(machine.run(hex("0f06 f4")).exit.reason).toBe("hlt");
    expect(machine.vcpu.cr0).toBe(0x8000_0039n);
    machine.vcpu.intercepts.cr0Shadow = 8n;
    const { exit } = machine.run(hex("0f06 f4"));
    expect(exit).toMatchObject({ reason: "cr-access", registerAccess: "clts", instructionLength: 2 });
    expect(exitQualification(exit)).toBe(0x20n);
  });

  test("LMSW: its operand, and where that is", () => {
    const machine = createMachine("protected");
    Object.assign(machine.vcpu.intercepts, { cr0Mask: 0xfn, cr0Shadow: 1n });
    machine.memory.writeU16(Place.data + 0x34, 0xabcd);
    machine.vcpu.writeRegister(3, BigInt(Place.data));
    machine.vcpu.writeRegister(1, 0x10n);
    const inMemory = machine.run(hex("0f01748bf4")).exit; // lmsw [ebx + ecx*4 - 12]
    expect(inMemory).toMatchObject({ reason: "cr-access", instructionLength: 5, guestLinear: 0x6034n });
    expect(exitQualification(inMemory)).toBe((0xabcdn << 16n) | 0x70n);
    machine.vcpu.writeRegister(0, 9n);
    const inRegister = machine.run(hex("0f01f0")).exit; // lmsw ax: TS differs
    expect(exitQualification(inRegister)).toBe((9n << 16n) | 0x30n);
    // PE, which LMSW cannot clear, is no difference when the operand has it clear.
    machine.vcpu.writeRegister(0, 0n);
    expect(machine.run(hex("0f01f0 f4")).exit.reason).toBe("hlt");
  });

  test("privilege comes first", () => {
    const machine = createMachine("user64");
    machine.vcpu.intercepts.cr3Store = true;
    expect(machine.run(hex("0f20d8")).vector).toBe(13);
  });
});

describeTiers("[x86-vcpu] MOV DR exits", () => {
  // Number | direction << 4 (1: from DR) | general register << 8.
  test.each([
    ["mov dr7, rbx", "0f 23 fb", 0x307n],
    ["mov r10, dr6", "41 0f 21 f2", 0xa16n],
    ["mov rcx, dr4: not as DR6", "0f 21 e1", 0x114n],
  ] as const)("%s", (_name, code, qualification) => {
    const machine = createMachine("long");
    machine.vcpu.intercepts.movDr = true;
    const { exit } = machine.run(hex(code));
    expect(exit.reason).toBe("mov-dr");
    expect(exitQualification(exit)).toBe(qualification);
    expect(machine.vcpu.rip).toBe(here);
  });

  test("before #GP by privilege, #UD of DR4 with CR4.DE, and general detect", () => {
    const user = createMachine("user64");
    user.vcpu.intercepts.movDr = true;
    expect(user.run(hex("0f21f8")).exit).toMatchObject({ reason: "mov-dr", register: 7, generalRegister: 0 });
    expect(user.run(hex("0f0b")).vector).toBe(6);
    const machine = createMachine("long");
    expect(machine.vcpu.writeControl("cr4", 0x628n)).toBe(true);
    machine.run(hex("b800200000 0f23f8 f4")); // DR7.GD
    machine.vcpu.intercepts.movDr = true;
    expect(machine.run(hex("0f23e0")).exit).toMatchObject({ reason: "mov-dr", register: 4 });
    expect(machine.run(hex("f00f23e0")).vector).toBe(6); // LOCK
  });
});

describeTiers("[x86-vcpu] exits of RDTSC", () => {
  test.each([
    ["rdtsc", "0f31", 2n],
    ["rdtscp", "0f01f9", 3n],
  ] as const)("%s", (name, code, length) => {
    const machine = createMachine("long");
    expect(machine.run(hex(`${code} f4`)).exit.reason).toBe("hlt");
    machine.vcpu.intercepts.rdtsc = true;
    machine.vcpu.writeRegister(0, 5n);
    const { exit } = machine.run(hex(`${code} f4`));
    expect(exit).toMatchObject({ reason: name, instructionLength: Number(length) });
    expect(exitQualification(exit)).toBe(0n);
    expect([machine.vcpu.rip, machine.vcpu.nextRip, machine.vcpu.readRegister(0)]).toEqual([here, here + length, 5n]);
    machine.vcpu.advanceRip(exit.instructionLength);
    expect(machine.vcpu.run(10).reason).toBe("hlt");
  });

  test("CR4.TSD comes first (SDM vol. 3, relative priority of faults and VM exits)", () => {
    const machine = createMachine("user64");
    expect(machine.vcpu.writeControl("cr4", 0x624n)).toBe(true);
    machine.vcpu.intercepts.rdtsc = true;
    expect(machine.run(hex("0f31")).vector).toBe(13);
  });
});

describeTiers("[x86-vcpu] what exits report", () => {
  test("qualification of exceptions: DR6's bits for #DB, the address for #PF, nothing else", () => {
    const machine = createMachine("long");
    const { vcpu } = machine;
    vcpu.exceptionBitmap = 0xffff_ffff;
    vcpu.rflags = 0x102n;
    const step = machine.run(hex("90 90")).exit;
    expect([step.vector, exitQualification(step)]).toEqual([1, 0x4000n]);
    vcpu.rflags = 2n;
    const guarded = machine.run(hex("b800200000 0f23f8 0f21c0")).exit; // DR7.GD
    expect([guarded.vector, exitQualification(guarded)]).toEqual([1, 0x2000n]);
    const page = machine.run(hex("8a0425 00004000")).exit;
    expect([page.vector, page.errorCode, exitQualification(page)]).toEqual([14, 0, 0x40_0000n]);
    expect(vcpu.cr2).toBe(0n);
    const undefinedOpcode = machine.run(hex("0f0b")).exit;
    expect([undefinedOpcode.vector, exitQualification(undefinedOpcode)]).toEqual([6, 0n]);
  });

  // Bits 0 to 2: read, write, fetch; 7: the linear address is valid; 8: it is the access itself that violates.
  test.each([
    ["read", "8a042500002000", 0x181n],
    ["write", "88042500002000", 0x182n],
    ["fetch", "ff2425 00600000", 0x184n],
  ] as const)("qualification of EPT violations: %s", (access, code, qualification) => {
    const machine = createMachine("long");
    machine.setPte(0x20_0000, 0xfee0_0007n);
    machine.memory.writeU64(0x6000, 0x20_0000n);
    const { exit } = machine.run(hex(code));
    expect(exit).toMatchObject({
      reason: "ept-violation",
      access,
      guestPhysical: 0xfee0_0000,
      guestLinear: 0x20_0000n,
    });
    expect(exitQualification(exit)).toBe(qualification);
  });

  test("exits of instructions without qualification", () => {
    for (const code of [
      "0fa2",
      "f4",
      "0f32",
      "0f30",
      "0f33",
      "0f01c1",
      "0f01d9",
      "0f08",
      "0f09",
      "f390",
      "0f01c8",
      "0f01c9",
    ]) {
      const machine = createMachine("long");
      // An MSR that is not the processor's; no hints of MONITOR and MWAIT.
      machine.vcpu.writeRegister(1, /^0f3/.test(code) ? 0x4b56_4d00n : 0n);
      const { exit } = machine.run(hex(code));
      expect(exit.instructionLength, code).toBe(hex(code).length / 2);
      expect(exitQualification(exit), code).toBe(0n);
    }
  });

  test("qualification of I/O", () => {
    const exit = createMachine("long").run(hex("e580")).exit; // in eax, 0x80
    expect(exitQualification(exit)).toBe((0x80n << 16n) | 0x4bn);
    const machine = createMachine("long");
    machine.vcpu.writeRegister(1, 2n);
    const string = machine.run(hex("66ba7856 f36e")).exit; // mov dx,0x5678; rep outsb
    expect(exitQualification(string)).toBe((0x5678n << 16n) | 0x30n);
  });

  test("SVM's nRIP: instructions, #BP, #BR; no other exception", () => {
    const machine = createMachine("protected");
    const { vcpu } = machine;
    machine.run(hex("0fa2"));
    expect(vcpu.nextRip).toBe(here + 2n);
    vcpu.exceptionBitmap = 0xffff_ffff;
    expect(machine.run(hex("cc")).exit.vector).toBe(3);
    expect(vcpu.nextRip).toBe(here + 1n);
    machine.memory.writeU32(Place.data, 5);
    machine.memory.writeU32(Place.data + 4, 6);
    vcpu.writeRegister(3, BigInt(Place.data));
    vcpu.writeRegister(0, 7n);
    expect(machine.run(hex("6203")).exit.vector).toBe(5); // bound eax, [ebx]
    expect(vcpu.nextRip).toBe(here + 2n);
    const gp = machine.run(hex("8ed8 f4"), 2); // mov ds, ax: 7 is in an LDT that is not there
    expect(gp.exit).toMatchObject({ reason: "exception", vector: 13, instructionLength: 0 });
    expect(vcpu.nextRip).toBe(0n);
    expect(machine.run(hex("90"), 1).exit.reason).toBe("budget");
    expect(vcpu.nextRip).toBe(0n);
  });
});
