/** INIT, the start-up interrupt, and CR8 as a local APIC's task priority. Sources: SDM vol. 3 table 11-1, §10.4.3, §12.8.6. */
import { expect, test } from "vitest";
import { createMachine, describeTiers, Place } from "./machine.ts";

describeTiers("[x86-vcpu] INIT and start-up", () => {
  test("INIT keeps SSE state, PAT, the TSC and STAR; clears the rest", () => {
    const { vcpu } = createMachine("long");
    vcpu.writeMsr(0x277, 0x0606_0606_0606_0606n);
    vcpu.writeMsr(0xc000_0081, 0x1234n);
    vcpu.writeMsr(0x10, 1n << 40n);
    const image = vcpu.readFxState();
    image.fill(0x5a, 160, 416);
    vcpu.writeFxState(image);
    vcpu.writeRegister(3, 7n);
    vcpu.init({ bootstrap: true });
    expect(vcpu.readFxState()).toEqual(image);
    expect(vcpu.readMsr(0x277)).toBe(0x0606_0606_0606_0606n);
    expect(vcpu.readMsr(0xc000_0081)).toBe(0x1234n);
    expect(vcpu.readMsr(0x10)).toBe(1n << 40n);
    expect([vcpu.cr0, vcpu.cr3, vcpu.cr4, vcpu.efer]).toEqual([0x10n, 0n, 0n, 0n]);
    expect([vcpu.readRegister(3), vcpu.rip, vcpu.segment("cs").base, vcpu.cpl]).toEqual([0n, 0xfff0n, 0xffff_0000n, 0]);
    expect(vcpu.waitsForStartup).toBe(false);
  });

  test("INIT keeps CR0.CD and NW", () => {
    const { vcpu } = createMachine("real");
    vcpu.writeControl("cr0", 0x6000_0010n);
    vcpu.init();
    expect(vcpu.cr0).toBe(0x6000_0010n);
  });

  test("after INIT nothing runs and nothing is delivered until the start-up interrupt", () => {
    const { vcpu, memory } = createMachine("protected");
    vcpu.init();
    vcpu.injectNmi();
    expect(vcpu.run(100).reason).toBe("stop");
    expect(vcpu.retired).toBe(0);
    const saved = vcpu.save();
    vcpu.reset();
    vcpu.load(saved);
    expect(vcpu.waitsForStartup).toBe(true);
    vcpu.init();

    memory.write(0x9_a000, Uint8Array.of(0x8c, 0xc8, 0xf4)); // mov ax, cs; hlt
    expect(vcpu.startup(0x9a)).toBe(true);
    expect(vcpu.run(100).reason).toBe("hlt");
    expect(vcpu.readRegister32(0)).toBe(0x9a00);
    expect(vcpu.rip).toBe(2n);
  });

  test("a start-up interrupt to a running processor is lost", () => {
    const { vcpu } = createMachine("real");
    expect(vcpu.startup(0x9a)).toBe(false);
    expect(vcpu.rip).toBe(BigInt(Place.code));
  });

  test("CR8 reads and writes what keeps the task priority", () => {
    const machine = createMachine("long");
    const written: number[] = [];
    machine.vcpu.taskPriority = { read: () => 9, write: (value) => void written.push(value) };
    // mov eax, 3; mov cr8, rax; mov rbx, cr8; mov eax, 16; mov cr8, rax
    const outcome = machine.run("b803000000 440f22c0 440f20c3 b810000000 440f22c0");
    expect(outcome.vector).toBe(13);
    expect(written).toEqual([3]);
    expect(machine.vcpu.readRegister(3)).toBe(9n);
    machine.vcpu.taskPriority = undefined;
    expect(machine.run("b805000000 440f22c0 440f20c3 f4").exit.reason).toBe("hlt");
    expect(machine.vcpu.cr8).toBe(5n);
  });
});
