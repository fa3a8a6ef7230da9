/** Far transfers, IRET, fast system calls, tasks, virtual-8086 mode. Sources: SDM vol. 2, the instructions; vol. 3 chapters 5, 8, 20. */
import { expect, test } from "vitest";
import { createMachine, describeTiers, Place, Selector } from "./machine.ts";

const hex = (text: string): string => text.replace(/[^0-9a-f]/g, "");

describeTiers("[x86-vcpu] IRET", () => {
  test("IRETQ to ring 3 and back by INT", () => {
    const machine = createMachine("long");
    // push 0x23; push 0x7000; push 0x3202 (IOPL 3, IF); push 0x33; push 0x5020; iretq … at +0x20: int 0x81
    const code = hex("6a23 6800700000 6802320000 6a33 6820500000 48cf").padEnd(64, "9") + hex("cd81");
    const { vector, stack } = machine.run(code.replace(/9+(?=cd81$)/, (nops) => "90".repeat(nops.length / 2)));
    expect(vector).toBe(0x81);
    expect(stack.slice(0, 5)).toEqual([0x5022n, 0x33n, 0x3202n, 0x7000n, 0x23n]);
  });

  test("IRETQ pops SS:RSP even to the same level", () => {
    const machine = createMachine("long");
    // push 0; push 0x7000; push 2; push 0x18; push 0x5013; iretq; hlt
    const { exit } = machine.run(hex("6a00 6800700000 6a02 6a18 6812500000 48cf f4 f4 f4"));
    expect(exit.reason).toBe("hlt");
    expect(machine.vcpu.readRegister(4)).toBe(0x7000n);
    expect(machine.vcpu.segment("ss")).toMatchObject({ selector: 0, attributes: 0x1_0000 });
  });

  test("to an outer level in protected mode: inner data segments become null", () => {
    const machine = createMachine("protected");
    // push 0x23; push 0x7000; push 2; push 0x2b; push 0x5020; iret; +0x20: int 0x81
    const code = hex("6a23 6800700000 6a02 6a2b 6820500000 cf");
    const { vector, stack } = machine.run(code + "90".repeat(32 - code.length / 2) + "cd81");
    expect(vector).toBe(0x81);
    expect(stack.slice(0, 5)).toEqual([0x5022n, 0x2bn, 2n, 0x7000n, 0x23n]);
    expect(machine.vcpu.segment("ds")).toMatchObject({ selector: 0, attributes: 0x1_0000 });
  });

  test("IOPL and IF stay when ring 3 asks for them", () => {
    const machine = createMachine("user32");
    // push 0x3202; push 0x2b; push 0x500f; iret
    const { vector, stack } = machine.run(hex("6802320000 6a2b 680d500000 cf cd81"));
    expect(vector).toBe(0x81);
    expect(stack[2]).toBe(2n);
  });

  test("to a more privileged level is #GP(selector)", () => {
    const { vector, stack } = createMachine("user32").run(hex("6a02 6a08 6800500000 cf"));
    expect(vector).toBe(13);
    expect(stack[0]).toBe(8n);
  });

  test("a code segment beyond the GDT is #GP(selector), nothing popped", () => {
    const machine = createMachine("long");
    const { vector, stack } = machine.run(hex("6a00 6800700000 6a02 6880000000 6800500000 48cf"));
    expect(vector).toBe(13);
    expect(stack[0]).toBe(0x80n);
    expect(stack[4]).toBe(BigInt(Place.stack - 40));
  });

  test("real mode restores flags and takes the image's IF", () => {
    const machine = createMachine("real");
    // push 0x0246; push 0; push 0x500a; iret
    machine.run(hex("684602 6a00 680950 cf 90 f4"));
    expect(machine.vcpu.rflags).toBe(0x246n);
  });
});

describeTiers("[x86-vcpu] far JMP, CALL, RET", () => {
  test("compatibility mode to 64-bit code and back", () => {
    const machine = createMachine("compat");
    // jmp 0x18:0x5007; (64-bit) push 8; push 0x5013; retfq; (32-bit) mov eax, 0x12345678; ud2
    const { vector } = machine.run(hex("ea075000001800 6a08 6810500000 48cb b878563412 0f0b"));
    expect(vector).toBe(6);
    expect(machine.vcpu.readRegister(0)).toBe(0x1234_5678n);
  });

  test("CALL far pushes CS and EIP, RET far releases parameters", () => {
    const machine = createMachine("protected");
    // push 1; push 2; call 8:0x5010; ud2; +0x10: retf 8
    const code = hex("6a01 6a02 9a105000000800 0f0b");
    const { vector } = machine.run(code + "90".repeat(16 - code.length / 2) + hex("ca0800"));
    expect(vector).toBe(6);
    expect(machine.vcpu.readRegister(4)).toBe(BigInt(Place.stack - 12));
  });

  test("a call gate to ring 0 copies parameters to the new stack", () => {
    const machine = createMachine("user32");
    // 32-bit call gate, DPL 3, two parameters, to 8:0x3000 + 0x40 × 16 (HLT)
    machine.setDescriptor(0x58, 0x0000_ec02_0008_0000n | BigInt(Place.handlers + 0x400));
    const { vector, stack } = machine.run(hex("6a0b 6a0c 9a000000005b00"));
    expect(vector).toBe(0x40);
    expect(stack.slice(0, 6)).toEqual([0x500bn, 0x2bn, 0xcn, 0xbn, BigInt(Place.stack - 8), 0x23n]);
    expect(machine.vcpu.cpl).toBe(0);
  });

  test("a call gate with DPL 0 refuses ring 3", () => {
    const machine = createMachine("user32");
    machine.setDescriptor(0x58, 0x0000_8c00_0008_3000n);
    const { vector, stack } = machine.run(hex("9a000000005b00"));
    expect(vector).toBe(13);
    expect(stack[0]).toBe(0x58n);
  });

  test("a 64-bit call gate switches to RSP0 without parameters", () => {
    const machine = createMachine("user64");
    machine.setDescriptor(0x58, 0x0000_ec00_0018_0000n | BigInt(Place.handlers + 0x400));
    machine.setDescriptor(0x60, 0n);
    machine.memory.writeU64(Place.data, 0x005b_0000_0000n);
    const { vector, stack } = machine.run(hex("ff1c2500600000")); // call far [0x6000]
    expect(vector).toBe(0x40);
    expect(stack.slice(0, 4)).toEqual([0x5007n, 0x33n, BigInt(Place.stack), 0x23n]);
    expect(machine.vcpu.segment("ss").selector).toBe(0);
  });
});

describeTiers("[x86-vcpu] fast system calls", () => {
  test("SYSCALL: RCX, R11, CS and SS from STAR, flags masked", () => {
    const machine = createMachine("user64");
    const { vcpu } = machine;
    vcpu.writeMsr(0xc000_0081, 0x0020_0018_0000_0000n);
    vcpu.writeMsr(0xc000_0082, BigInt(Place.handlers + 0x400));
    vcpu.writeMsr(0xc000_0084, 0x200n);
    vcpu.rflags = 0x246n;
    expect(machine.run("0f05").vector).toBe(0x40);
    expect(vcpu.readRegister(1)).toBe(0x5002n);
    expect(vcpu.readRegister(11)).toBe(0x246n);
    expect(vcpu.rflags).toBe(0x46n);
    expect(vcpu.cpl).toBe(0);
    expect(vcpu.segment("cs")).toMatchObject({ selector: 0x18, attributes: 0xa09b, limit: 0xffff_ffff });
    expect(vcpu.segment("ss")).toMatchObject({ selector: 0x20, attributes: 0xc093 });
  });

  test("SYSRETQ goes back to ring 3 with RCX and R11; a non-canonical RCX is #GP(0) at ring 0", () => {
    const machine = createMachine("long");
    const { vcpu } = machine;
    vcpu.writeMsr(0xc000_0081, 0x0020_0018_0000_0000n);
    // mov ecx, 0x5020; mov r11d, 0x202; sysretq
    const code = hex("b920500000 41bb02020000 480f07");
    expect(machine.run(code + "90".repeat(32 - code.length / 2) + "cd81").vector).toBe(0x81);
    expect(machine.outcome(vcpu.cpu.exit).stack.slice(0, 5)).toEqual([
      0x5022n,
      0x33n,
      0x202n,
      BigInt(Place.stack),
      0x2bn,
    ]);
    const refused = createMachine("long");
    refused.vcpu.writeMsr(0xc000_0081, 0x0020_0018_0000_0000n);
    expect(refused.run(hex("48b90000000000008000 480f07")).vector).toBe(13);
  });

  test("SYSENTER and SYSEXIT in protected mode", () => {
    const machine = createMachine("user32");
    const { vcpu } = machine;
    // GDT order that SYSEXIT needs: kernel code, kernel data, user code, user data at 0x58 …
    for (const [n, d] of [
      0x00cf_9b00_0000_ffffn,
      0x00cf_9300_0000_ffffn,
      0x00cf_fb00_0000_ffffn,
      0x00cf_f300_0000_ffffn,
    ].entries()) {
      machine.setDescriptor(0x58 + n * 8, d);
    }
    vcpu.writeMsr(0x174, 0x58n);
    vcpu.writeMsr(0x175, BigInt(Place.kernelStack));
    vcpu.writeMsr(0x176, 0x5010n);
    // sysenter; … +0x10: mov edx, 0x5020; mov ecx, 0x7000; sysexit; … +0x20: int 0x81
    const code = hex("0f34").padEnd(32, "90") + hex("ba20500000 b900700000 0f35").padEnd(32, "90") + "cd81";
    expect(machine.run(code).vector).toBe(0x81);
    expect(machine.outcome(vcpu.cpu.exit).stack.slice(0, 5)).toEqual([0x5022n, 0x6bn, 2n, 0x7000n, 0x73n]);
  });
});

describeTiers("[x86-vcpu] hardware tasks", () => {
  const other = 0x7800;

  function withTask() {
    const machine = createMachine("protected");
    const { memory } = machine;
    machine.setDescriptor(0x58, 0x0000_8900_0000_0067n | (BigInt(other) << 16n));
    memory.writeU32(other + 0x1c, 0);
    memory.writeU32(other + 0x20, 0x5030); // EIP
    memory.writeU32(other + 0x24, 2);
    memory.writeU32(other + 0x28, 0xaaaa); // EAX
    memory.writeU32(other + 0x38, 0x7400); // ESP
    for (const [n, selector] of [0x10, 8, 0x10, 0x10, 0, 0].entries()) memory.writeU32(other + 0x48 + n * 4, selector);
    return machine;
  }

  test("CALL to a TSS nests; IRET comes back", () => {
    const machine = withTask();
    const { vcpu, memory } = machine;
    // mov eax, 0x5555; call 0x58:0; ud2; … +0x30: mov ebx, eax; iret
    const code = hex("b855550000 9a000000005800 0f0b");
    const { vector } = machine.run(code + "90".repeat(48 - code.length / 2) + hex("89c3 cf"));
    expect(vector).toBe(6);
    expect(vcpu.readRegister(0)).toBe(0x5555n);
    expect(vcpu.segment("tr").selector).toBe(Selector.Tss);
    expect(vcpu.cr0 & 8n).toBe(8n);
    // The other task: EBX was set, its back link names us, and it is free again.
    expect(memory.readU32(other + 0x34)).toBe(0xaaaa);
    expect(memory.readU16(other)).toBe(Selector.Tss);
    expect(memory.readU8(Place.gdt + 0x5d)).toBe(0x89);
    expect(memory.readU8(Place.gdt + Selector.Tss + 5)).toBe(0x8b);
  });

  test("JMP to a busy TSS is #GP(selector)", () => {
    const machine = withTask();
    machine.memory.writeU8(Place.gdt + 0x5d, 0x8b);
    const { vector, stack } = machine.run(hex("ea000000005800"));
    expect(vector).toBe(13);
    expect(stack[0]).toBe(0x58n);
  });

  test("a task gate takes an exception with its error code on the new stack", () => {
    const machine = withTask();
    machine.memory.writeU32(Place.idt + 13 * 8, 0x58 << 16);
    machine.memory.writeU32(Place.idt + 13 * 8 + 4, 0x8500);
    // mov ds, 0x80 is #GP(0x80); the task at 0x5030: hlt
    const { exit, stack } = machine.run(hex("b880000000 8ed8").padEnd(96, "90") + "f4");
    expect(exit.reason).toBe("hlt");
    expect(machine.vcpu.rip).toBe(0x5030n);
    expect(stack[0]).toBe(0x80n);
    expect(machine.vcpu.rflags & 0x4000n).toBe(0x4000n);
  });
});

describeTiers("[x86-vcpu] virtual-8086 mode", () => {
  /** Ring 0 code that enters virtual-8086 mode at 0x500:0x100 with this IOPL. */
  const enter = (iopl: number): string =>
    // push gs fs ds es ss esp eflags cs eip; iretd
    hex(`6a00 6a00 6800060000 6a00 6a00 6800700000 68${iopl === 3 ? "02320200" : "02000200"} 6800050000 6800010000 cf`);

  function inVirtual(program: string, iopl: number) {
    const machine = createMachine("protected");
    machine.memory.write(
      0x5100,
      Uint8Array.from(hex(program).match(/../g) ?? [], (b) => Number.parseInt(b, 16)),
    );
    return { machine, ...machine.run(enter(iopl)) };
  }

  test("segments are selectors × 16, and an exception saves them all", () => {
    // mov ax, es:[0]; ud2
    const { machine, vector, stack } = inVirtual("26a10000 0f0b", 0);
    expect(vector).toBe(6);
    expect(stack.slice(0, 9)).toEqual([0x104n, 0x500n, 0x3_0002n, 0x7000n, 0n, 0n, 0x600n, 0n, 0n]);
    expect(machine.vcpu.segment("es").selector).toBe(0);
    expect(machine.vcpu.cpl).toBe(0);
  });

  test("INT n with IOPL < 3 is #GP(0); with IOPL 3 it goes through the IDT to ring 0", () => {
    expect(inVirtual("cd21", 0).vector).toBe(13);
    // The gate's DPL 0 counts too.
    expect(inVirtual("cd21", 3).stack[0]).toBe(0x21n * 8n + 2n);
    const machine = createMachine("protected");
    machine.memory.writeU32(Place.idt + 0x21 * 8 + 4, 0xee00);
    machine.memory.write(0x5100, Uint8Array.of(0xcd, 0x21));
    expect(machine.run(enter(3)).vector).toBe(0x21);
  });

  test("CLI is sensitive to IOPL", () => {
    expect(inVirtual("fa 0f0b", 3).vector).toBe(6);
    expect(inVirtual("fa 0f0b", 0).vector).toBe(13);
  });

  test("HLT is privileged", () => {
    expect(inVirtual("f4", 3).vector).toBe(13);
  });
});
