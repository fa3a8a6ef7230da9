/** Interrupts, shadows, NMI, single-step, debug registers, budgets. Sources: SDM vol. 3 §7.8, §19.2–19.3, tables 7-2, 11-1. */
import { expect, test } from "vitest";
import { bytesOf, createMachine, describeTiers, Place } from "./machine.ts";

const hex = (text: string): string => text.replace(/[^0-9a-f]/g, "");

describeTiers("[x86-vcpu] interrupts", () => {
  test("an injected interrupt waits for IF", () => {
    const machine = createMachine("long");
    machine.vcpu.injectInterrupt(0x50);
    // nop; nop; sti; nop; nop; ud2
    const { vector, stack } = machine.run(hex("90 90 fb 90 90 0f0b"));
    expect(vector).toBe(0x50);
    // STI's shadow: the instruction after it is done first.
    expect(stack[0]).toBe(BigInt(Place.code + 4));
  });

  test("STI with IF already set has no shadow", () => {
    const machine = createMachine("long");
    machine.vcpu.rflags = 0x202n;
    machine.vcpu.requestInterruptWindow();
    expect(machine.run(hex("fb 90")).exit.reason).toBe("external-interrupt-window");
    expect(machine.vcpu.rip).toBe(BigInt(Place.code));
  });

  test("an interrupt between two iterations of REP saves RF, one behind the last does not (SDM vol. 3 §19.3.1.1)", () => {
    const RF = 1n << 16n;
    for (const [count, chunks, flags] of [
      [0x2800n, 1, RF],
      [0x2800n, 2, RF],
      [0x2800n, 3, 0n],
      [0n, 1, 0n],
    ] as const) {
      for (const code of ["f3a4", "f3aa", "f3ac", "f3a6", "f3ae"]) {
        const machine = createMachine("long");
        const { vcpu } = machine;
        vcpu.rflags = 0x202n;
        vcpu.writeRegister(1, count);
        vcpu.writeRegister(6, 0x10_0000n);
        vcpu.writeRegister(7, 0x11_0000n);
        expect(machine.run(hex(`${code} 90 90`), chunks).exit.reason).toBe("budget");
        expect(vcpu.rip).toBe(BigInt(Place.code + (flags === 0n ? 2 : 0)));
        expect(vcpu.rflags & RF).toBe(flags);
        // What is saved here goes on as if nothing had been.
        const again = createMachine("long");
        again.memory.write(Place.code, machine.memory.read(Place.code, 4)!);
        again.vcpu.load(vcpu.save());
        for (const one of [machine, again]) {
          one.vcpu.injectInterrupt(0x50);
          const { vector, stack } = one.outcome(one.vcpu.run(10));
          expect(vector).toBe(0x50);
          expect(stack[2]! & RF, `${code} ${count} ${chunks}`).toBe(flags);
        }
      }
    }
  });

  test("the hypervisor that does one iteration of REP OUTS says so", () => {
    const machine = createMachine("long");
    const { vcpu } = machine;
    vcpu.rflags = 0x202n;
    vcpu.writeRegister(1, 3n);
    vcpu.writeRegister(6, 0x6000n);
    expect(machine.run(hex("f36e 90")).exit).toMatchObject({ reason: "io-instruction", rep: true });
    vcpu.writeRegister(1, 2n);
    vcpu.writeRegister(6, 0x6001n);
    vcpu.advanceRip(0);
    vcpu.injectInterrupt(0x50);
    const { vector, stack } = machine.outcome(vcpu.run(10));
    expect(vector).toBe(0x50);
    expect(stack.slice(0, 3)).toEqual([BigInt(Place.code), 0x18n, 0x1_0202n]);
  });

  test("an IRET that virtual-8086 mode refuses unblocks NMIs all the same (SDM vol. 3 §7.7.1)", () => {
    for (const [code, next] of [
      ["cf", 2],
      ["fa", 13], // CLI is refused, too, and unblocks nothing.
    ] as const) {
      const machine = createMachine("protected");
      const { vcpu } = machine;
      vcpu.injectNmi();
      expect(machine.run("90").vector).toBe(2);
      const segment = { selector: Place.code >> 4, base: BigInt(Place.code), limit: 0xffff, attributes: 0xf3 };
      for (const name of ["cs", "ss", "ds", "es", "fs", "gs"] as const) vcpu.setSegment(name, segment);
      vcpu.cpl = 3;
      vcpu.rflags = 0x2_0002n;
      vcpu.injectNmi();
      machine.memory.write(Place.code, bytesOf(code));
      vcpu.rip = 0n;
      expect(machine.outcome(vcpu.run(100)).vector, code).toBe(next);
    }
  });

  test("the window opens after the shadow, and once", () => {
    const machine = createMachine("long");
    machine.vcpu.requestInterruptWindow();
    const { exit } = machine.run(hex("fb 90 f4"));
    expect(exit.reason).toBe("external-interrupt-window");
    expect(machine.vcpu.rip).toBe(BigInt(Place.code + 2));
    expect(machine.vcpu.interruptible).toBe(true);
    expect(machine.vcpu.run(10).reason).toBe("hlt");
  });

  test("MOV SS blocks for one instruction", () => {
    const machine = createMachine("long");
    machine.vcpu.rflags = 0x202n;
    // mov eax,0x10; mov ss,ax; nop; nop
    machine.run(hex("b810000000"), 1);
    machine.vcpu.injectInterrupt(0x50);
    const { vector, stack } = machine.run(hex("8ed0 90 90 90"), 50);
    expect(vector).toBe(0x50);
    expect(stack[0]).toBe(BigInt(Place.code));
    const again = createMachine("long");
    again.vcpu.rflags = 0x202n;
    again.vcpu.writeRegister(0, 0x10n);
    again.run(hex("8ed0 90 90 90"), 1);
    expect(again.vcpu.interruptible).toBe(false);
    again.vcpu.injectInterrupt(0x50);
    expect(again.outcome(again.vcpu.run(50)).stack[0]).toBe(BigInt(Place.code + 3));
  });

  test("a second NMI waits for IRET", () => {
    const machine = createMachine("long");
    const { vcpu } = machine;
    machine.memory.write(Place.handlers + 32, Uint8Array.of(0x90, 0x48, 0xcf)); // nop; iretq
    vcpu.injectNmi();
    machine.run(hex("90 90 90 90 90"), 1); // delivery counts as one
    expect(vcpu.rip).toBe(BigInt(Place.handlers + 32));
    vcpu.injectNmi();
    vcpu.run(1);
    expect(vcpu.rip).toBe(BigInt(Place.handlers + 33));
    vcpu.run(1);
    expect(vcpu.rip).toBe(BigInt(Place.code));
    vcpu.run(1);
    expect(vcpu.rip).toBe(BigInt(Place.handlers + 32));
  });

  test("HLT leaves before anything has happened", () => {
    const machine = createMachine("long");
    const { exit } = machine.run("90f4");
    expect(exit).toMatchObject({ reason: "hlt", instructionLength: 1 });
    expect(machine.vcpu.rip).toBe(BigInt(Place.code + 1));
    machine.vcpu.advanceRip(1);
    expect(machine.vcpu.rip).toBe(BigInt(Place.code + 2));
    expect(machine.vcpu.retired).toBe(2);
  });
});

describeTiers("[x86-vcpu] budgets", () => {
  test("are exact, wherever they end", () => {
    for (let budget = 1; budget < 20; budget++) {
      const machine = createMachine("long");
      // inc rax; jmp −5
      const { exit } = machine.run(hex("48ffc0 ebfb"), budget);
      expect(exit.reason).toBe("budget");
      expect(machine.vcpu.retired).toBe(budget);
      expect(machine.vcpu.readRegister(0)).toBe(BigInt(Math.ceil(budget / 2)));
    }
  });

  test("a guest that only faults spends its budget", () => {
    const machine = createMachine("long");
    // #UD on IST 1, whose handler is UD2 again
    machine.memory.writeU8(Place.idt + 6 * 16 + 4, 1);
    machine.memory.write(Place.handlers + 6 * 16, Uint8Array.of(0x0f, 0x0b));
    expect(machine.run("0f0b", 1000).exit.reason).toBe("budget");
    expect(machine.vcpu.retired).toBe(1000);
  });

  test("requestStop ends the next run at once", () => {
    const machine = createMachine("long");
    machine.vcpu.requestStop();
    expect(machine.run("90").exit.reason).toBe("stop");
    expect(machine.vcpu.retired).toBe(0);
  });
});

describeTiers("[x86-vcpu] debugging", () => {
  const dr = (machine: ReturnType<typeof createMachine>, n: number) => machine.vcpu.cpu.get64(0x4e0 + n * 8);

  test("TF traps after each instruction, from the one after POPF on", () => {
    const machine = createMachine("long");
    // push 0x102; popfq; nop; nop
    const { vector, stack } = machine.run(hex("6802010000 9d 90 90"));
    expect(vector).toBe(1);
    expect(stack.slice(0, 3)).toEqual([BigInt(Place.code + 7), 0x18n, 0x102n]);
    expect(dr(machine, 6)).toBe(0xffff_4ff0n);
    expect(machine.vcpu.rflags & 0x100n).toBe(0n);
  });

  test("INT n takes no trap; its frame keeps TF", () => {
    const machine = createMachine("long");
    const { vector, stack } = machine.run(hex("6802010000 9d cd40"));
    expect(vector).toBe(0x40);
    expect(stack[2]! & 0x100n).toBe(0x100n);
  });

  test("MOV SS puts the trap off for one instruction", () => {
    const machine = createMachine("long");
    machine.vcpu.writeRegister(0, 0x10n);
    const { vector, stack } = machine.run(hex("6802010000 9d 8ed0 90 90"));
    expect(vector).toBe(1);
    expect(stack[0]).toBe(BigInt(Place.code + 9));
  });

  test("REP under TF goes one element at a time", () => {
    const machine = createMachine("long");
    machine.vcpu.writeRegister(1, 3n);
    machine.vcpu.writeRegister(7, 0x6000n);
    const { vector, stack } = machine.run(hex("6802010000 9d f3aa 90"));
    expect(vector).toBe(1);
    expect(stack[0]).toBe(BigInt(Place.code + 6));
    expect(machine.vcpu.readRegister(1)).toBe(2n);
  });

  test("a debugger's breakpoint on REP is met once", () => {
    const machine = createMachine("long");
    const { vcpu } = machine;
    vcpu.breakpoints.add(BigInt(Place.code));
    vcpu.writeRegister(1, 0x2800n);
    vcpu.writeRegister(7, 0x10_0000n);
    expect(machine.run(hex("f3aa f4")).exit).toMatchObject({ reason: "stop" });
    expect(vcpu.run(100).reason).toBe("hlt");
  });

  test("an instruction breakpoint is a fault before; RF lets it pass", () => {
    const machine = createMachine("long");
    // mov eax,0x500d; mov dr0,rax; mov eax,1; mov dr7,rax … at 0x5010: nop
    const code = hex("b810500000 0f23c0 b801000000 0f23f8 90 f4");
    const { vector, stack } = machine.run(code);
    expect(vector).toBe(1);
    expect(stack.slice(0, 3)).toEqual([0x5010n, 0x18n, 2n]);
    expect(dr(machine, 6)).toBe(0xffff_0ff1n);
    machine.memory.write(Place.handlers + 16, Uint8Array.of(0x81, 0x4c, 0x24, 0x10, 0, 0, 1, 0, 0x48, 0xcf));
    machine.vcpu.rip = BigInt(Place.handlers + 16); // or dword [rsp+16], RF; iretq
    expect(machine.outcome(machine.vcpu.run(20)).exit.reason).toBe("hlt");
    expect(machine.vcpu.rip).toBe(0x5011n);
  });

  test("a data breakpoint traps after the write", () => {
    const machine = createMachine("long");
    // mov eax,0x6004; mov dr1,rax; mov eax,0x00d00004 (L1, write, 4 bytes); mov dr7,rax; mov [0x6006],al; nop
    const code = hex("b804600000 0f23c8 b80400d000 0f23f8 88042506600000 90");
    const { vector, stack } = machine.run(code);
    expect(vector).toBe(1);
    expect(stack[0]).toBe(BigInt(Place.code + 23));
    expect(dr(machine, 6)).toBe(0xffff_0ff2n);
    expect(machine.run(hex("b804600000 0f23c8 b80400d000 0f23f8 8a042506600000 0f0b")).vector).toBe(6);
  });

  test("DR7.GD guards the debug registers", () => {
    const machine = createMachine("long");
    const { vector, stack } = machine.run(hex("b800200000 0f23f8 0f21f0"));
    expect(vector).toBe(1);
    expect(stack[0]).toBe(BigInt(Place.code + 8));
    expect(dr(machine, 6)).toBe(0xffff_2ff0n);
    expect(dr(machine, 7)).toBe(0x400n);
  });

  test("a debugger's breakpoint stops before the instruction, once", () => {
    const machine = createMachine("long");
    machine.vcpu.breakpoints.add(BigInt(Place.code + 1));
    expect(machine.run("9090f4").exit.reason).toBe("stop");
    expect(machine.vcpu.rip).toBe(BigInt(Place.code + 1));
    expect(machine.vcpu.run(10).reason).toBe("hlt");
  });

  test("advanceRip under TF pends the trap", () => {
    const machine = createMachine("long");
    machine.vcpu.rflags = 0x102n;
    expect(machine.run("0fa2").exit.reason).toBe("cpuid");
    machine.vcpu.advanceRip(2);
    expect(machine.outcome(machine.vcpu.run(10)).vector).toBe(1);
  });
});

describeTiers("[x86-vcpu] whole state", () => {
  test("reset: f000:fff0, and the registers of table 10-1", () => {
    const { vcpu } = createMachine("long");
    vcpu.reset();
    expect(vcpu.rip).toBe(0xfff0n);
    expect(vcpu.segment("cs")).toEqual({ selector: 0xf000, base: 0xffff_0000n, limit: 0xffff, attributes: 0x93 });
    expect([vcpu.cr0, vcpu.rflags, vcpu.cpl]).toEqual([0x6000_0010n, 2n, 0]);
  });

  test("a run that is saved and loaded half-way ends as the other", () => {
    // mov ecx, 20; loop: add rax, rcx; rol rax, 7; cmp al, cl; adc rbx, rax; loop
    const code = hex("b914000000 4801c8 48c1c007 38c8 4811c3 e2f2 f4");
    const straight = createMachine("user64");
    straight.run(code, 60);
    straight.vcpu.run(1000);
    const first = createMachine("user64");
    first.run(code, 60);
    const state = structuredClone(first.vcpu.save());
    const second = createMachine("user64");
    second.memory.load(first.memory.save());
    second.vcpu.load(state);
    second.vcpu.run(1000);
    expect(second.vcpu.save()).toEqual(straight.vcpu.save());
    expect(second.vcpu.retired).toBe(straight.vcpu.retired);
    expect(first.vcpu.save()).not.toEqual(straight.vcpu.save());
  });
});
