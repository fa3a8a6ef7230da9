import { createPortioBus, IoResult, type PortioBus } from "portio-bus";
import { createSimClock, type SimClock } from "sim-clock";
import { describe, expect, it } from "vitest";
import { type FakeInstruction, FakeVcpu } from "../test/fake-vcpu.ts";
import { createDomain, type Domain, type DomainOptions, type RunLimits } from "./domain.ts";
import { DomainError } from "./errors.ts";
import type { HvmVcpu } from "./vcpu.ts";

const [RAX, RCX, RDX, RBX] = [0, 1, 2, 3];
const IF = 1n << 9n;

class Lines {
  readonly pending = new Map<number, number>();
  isPending(vcpuId: number): boolean {
    return this.pending.has(vcpuId);
  }
  acknowledge(vcpuId: number): number {
    const vector = this.pending.get(vcpuId) ?? 0;
    this.pending.delete(vcpuId);
    return vector;
  }
}

interface Machine {
  readonly domain: Domain;
  readonly vcpus: readonly FakeVcpu[];
  readonly vcpu: FakeVcpu;
  readonly clock: SimClock;
  readonly bus: PortioBus<HvmVcpu>;
  readonly lines: Lines;
}

function setUp(programs: readonly (readonly FakeInstruction[])[], options: Partial<DomainOptions> = {}): Machine {
  const clock = createSimClock();
  const bus = createPortioBus<HvmVcpu>();
  const lines = new Lines();
  const domain = createDomain({ name: "test", io: bus, clock, interrupts: lines, vcpus: programs.length, ...options });
  const vcpus = programs.map((program, id) => new FakeVcpu(id, program));
  for (const vcpu of vcpus) domain.addVcpu(vcpu, { online: true });
  return { domain, vcpus, vcpu: vcpus[0] as FakeVcpu, clock, bus, lines };
}

const act = (action: () => void): IoResult => {
  action();
  return IoResult.Okay;
};
const answer = (access: { value: number }, value: number): IoResult => act(() => void (access.value = value));

const one = (program: readonly FakeInstruction[], options?: Partial<DomainOptions>): Machine =>
  setUp([program], options);

describe("[hvm-domain] creation", () => {
  it.each<[string, Partial<DomainOptions>, string]>([
    ["unknown flag bits", { flags: 0x41 }, "EINVAL"],
    ["a flag of another name", { flags: { vmport: true } as object }, "EINVAL"],
    ["no HVM", { flags: 0 }, "EINVAL"],
    ["PVH", { flags: 0x10 }, "EINVAL"],
    ["nestedhvm with vmware_port", { flags: { vmwarePort: true }, params: { NESTEDHVM: 1n } }, "EOPNOTSUPP"],
    ["viridian with vmware_hw", { params: { VIRIDIAN: 1n, VMWARE_HW: 7n } }, "EOPNOTSUPP"],
    ["vmware_hw 5", { params: { VMWARE_HW: 5n } }, "EINVAL"],
    ["no vCPU", { vcpus: 0 }, "EINVAL"],
  ])("refuses %s", (_, options, code) => {
    try {
      createDomain({ name: "x", io: createPortioBus<HvmVcpu>(), clock: createSimClock(), ...options });
    } catch (error) {
      expect(error).toBeInstanceOf(DomainError);
      expect((error as DomainError).code).toBe(code);
      return;
    }
    expect.fail("nothing was thrown");
  });

  it("vmware_port and vmware_hw are independent", () => {
    expect(one([], { flags: { vmwarePort: true } }).vcpu.exceptionBitmap & 0x2000).toBe(0x2000);
    expect(one([], { params: { VMWARE_HW: 11n } }).vcpu.exceptionBitmap & 0x2000).toBe(0);
  });

  it("wants its vCPUs in order and complete", () => {
    const domain = createDomain({ name: "x", vcpus: 2, io: createPortioBus<HvmVcpu>(), clock: createSimClock() });
    expect(() => domain.addVcpu(new FakeVcpu(1, []))).toThrow("vCPU 1: expected number 0");
    domain.addVcpu(new FakeVcpu(0, []));
    expect(() => domain.run()).toThrow("1 of 2 vCPUs were added");
  });
});

describe("[hvm-domain] vCPUs that are down", () => {
  it("only the first is online; another runs when it is brought up and stops when it is taken down", () => {
    const domain = createDomain({ name: "x", vcpus: 2, io: createPortioBus<HvmVcpu>(), clock: createSimClock() });
    const [first, second] = [new FakeVcpu(0, []), new FakeVcpu(1, [])];
    domain.addVcpu(first);
    domain.addVcpu(second);
    domain.run({ maxInstructions: 50_000 });
    expect([first.retired, second.retired]).toEqual([50_000, 0]);
    domain.setOnline(1, true);
    domain.run({ maxInstructions: 40_000 });
    expect([first.retired, second.retired]).toEqual([70_000, 20_000]);
    expect(domain.isOnline(1)).toBe(true);
    domain.setOnline(1, false);
    expect(domain.isOnline(1)).toBe(false);
    domain.injectNmi(1);
    domain.run({ maxInstructions: 20_000 });
    expect([first.retired, second.retired]).toEqual([90_000, 20_000]);
    expect(() => domain.setOnline(2, true)).toThrow("no vCPU 2 (ESRCH)");
  });
});

describe("[hvm-domain] VM exits", () => {
  it("CPUID answers from the policy and zero-extends all four registers", () => {
    const { domain, vcpu } = one([{ exit: "cpuid", with: { instructionLength: 2 } }], { params: { VMWARE_HW: 7n } });
    for (const index of [RAX, RBX, RCX, RDX]) vcpu.writeRegister(index, 0xffff_ffff_0000_0000n);
    vcpu.writeRegister32(RAX, 0x4000_0000);
    domain.run({ maxInstructions: 1 });
    expect([RAX, RBX, RCX, RDX].map((index) => vcpu.readRegister(index))).toEqual([
      0x4000_0010n,
      0x6177_4d56n,
      0x4d56_6572n,
      0x6572_6177n,
    ]);
    expect(vcpu.rip).toBe(2n);
  });

  it("IN goes to the bus with the vCPU as context", () => {
    const { domain, vcpu, bus } = one([{ exit: "io-instruction", with: { port: 0x10, size: 4, direction: "in" } }]);
    bus.register(
      { base: 0x10, size: 4 },
      {
        name: "six registers",
        access(access) {
          access.value = 6;
          access.context.writeRegister32(RBX, 0x564d_5868);
          return IoResult.Okay;
        },
      },
    );
    domain.run({ maxInstructions: 1 });
    expect([vcpu.readRegister(RAX), vcpu.readRegister(RBX)]).toEqual([6n, 0x564d_5868n]);
  });

  it("MSRs: the table's, registered ones, and #GP(0) for all others", () => {
    const { domain, vcpu } = one([
      { exit: "rdmsr" },
      { effect: (v) => v.writeRegister(RCX, 0x999n) },
      { exit: "rdmsr" },
      { effect: (v) => v.writeRegister(RCX, 0x2ffn) },
      { exit: "wrmsr" },
      { exit: "rdmsr" },
      { effect: (v) => v.writeRegister(RCX, 0x4000_0000n) },
      { exit: "wrmsr" },
    ]);
    const written: bigint[] = [];
    domain.registerMsr(0x4000_0000, { name: "mine", read: () => 0n, write: (_, value) => written.push(value) > 0 });
    vcpu.writeRegister(RCX, 0xfen);
    domain.run({ maxInstructions: 1 });
    expect(vcpu.readRegister(RAX), "MTRRCAP: 8 ranges, fixed, WC").toBe(0x508n);
    domain.run({ maxInstructions: 3 });
    expect(vcpu.diary).toEqual(["exception 13 error=0 rip=2 retired=2"]);
    vcpu.writeRegister(RAX, 0xc06n);
    vcpu.writeRegister(RDX, 0n);
    domain.run({ maxInstructions: 2 });
    expect([vcpu.readRegister(RAX), vcpu.rip]).toEqual([0xc06n, 6n]);
    vcpu.writeRegister(RDX, 0xffff_ffff_0000_0001n);
    domain.run({ maxInstructions: 2 });
    expect(vcpu.rip).toBe(8n);
    expect(written).toEqual([0x1_0000_0c06n]);
  });

  it("an exception nobody intercepts reaches the guest with its own error code", () => {
    const { domain, vcpu } = one([
      { exit: "exception", with: { vector: 13, errorCode: 0x1234 } },
      { exit: "exception", with: { vector: 6, errorCode: undefined } },
      { exit: "exception", with: { vector: 14, errorCode: 6, faultAddress: 0xdead_b000n } },
    ]);
    domain.run({ maxInstructions: 6 });
    expect(vcpu.diary).toEqual([
      "exception 13 error=4660 rip=0 retired=0",
      "exception 6 rip=1 retired=0",
      "exception 14 error=6 cr2=deadb000 rip=2 retired=0",
    ]);
  });

  it("interceptors are asked in order, and the first that handles it wins", () => {
    const asked: string[] = [];
    const { domain, vcpu } = one([
      { exit: "exception", with: { vector: 13, errorCode: 0 } },
      { exit: "exception", with: { vector: 13, errorCode: 0 } },
      { exit: "exception", with: { vector: 13, errorCode: 0 } },
    ]);
    domain.registerExceptionInterceptor(6, () => expect.fail("another vector"));
    domain.registerExceptionInterceptor(13, () => {
      asked.push("first");
      return "reinject";
    });
    const remove = domain.registerExceptionInterceptor(13, (v) => {
      asked.push("second");
      if (v.rip !== 0n) return "reinject";
      v.advanceRip(1);
      return "handled";
    });
    domain.run({ maxInstructions: 1 });
    expect([vcpu.rip, vcpu.diary.length]).toEqual([1n, 0]);
    domain.run({ maxInstructions: 1 });
    remove();
    domain.run({ maxInstructions: 2 });
    expect(vcpu.diary).toEqual(["exception 13 error=0 rip=1 retired=1", "exception 13 error=0 rip=2 retired=1"]);
    expect(asked).toEqual(["first", "second", "first", "second", "first"]);
  });

  it("an interceptor can have the port instruction executed", () => {
    const { domain, vcpu, bus } = one([{ exit: "exception", with: { vector: 13, errorCode: 0 } }]);
    bus.register({ base: 0x5658, size: 1 }, { name: "port", access: (a) => answer(a, 0x77) });
    domain.registerExceptionInterceptor(13, (v) => {
      const result = domain.performPortInstruction(v, {
        instructionLength: 3,
        port: 0x5658,
        size: 1,
        direction: "in",
        string: false,
        rep: false,
        addressSize: 64,
        segment: 3,
      });
      return result.outcome === "done" ? "handled" : "reinject";
    });
    domain.run({ maxInstructions: 1 });
    expect([vcpu.readRegister(RAX), vcpu.rip]).toEqual([0x77n, 3n]);
  });

  it("real mode without unrestricted guest: everything exits, nobody is asked, everything goes back", () => {
    const program: FakeInstruction[] = [{ exit: "exception", with: { vector: 13, errorCode: undefined } }];
    const { domain, vcpu } = one(program, { flags: { vmwarePort: true }, unrestrictedGuest: false });
    domain.registerExceptionInterceptor(13, () => expect.fail("the emulator has it"));
    vcpu.cr0 = 0n;
    domain.run({ maxInstructions: 1 });
    expect(vcpu.exceptionBitmap).toBe(0xffff_ffff);
    vcpu.cr0 = 1n;
    domain.run({ maxInstructions: 1 });
    expect(vcpu.exceptionBitmap).toBe(0x0004_20c0);
    expect(vcpu.diary).toEqual(["exception 13 rip=0 retired=0"]);
  });

  it("the first #NM says that the FPU is in use", () => {
    const { domain, vcpu } = one([{ exit: "exception", with: { vector: 7 } }]);
    expect(vcpu.exceptionBitmap & 0x80).toBe(0x80);
    domain.run({ maxInstructions: 2 });
    expect(vcpu.exceptionBitmap & 0x80).toBe(0);
    expect(vcpu.diary).toHaveLength(1);
  });

  it("and so it does when an interceptor handles it", () => {
    const { domain, vcpu } = one([{ exit: "exception", with: { vector: 7 } }]);
    domain.registerExceptionInterceptor(7, (v) => {
      v.advanceRip(1);
      return "handled";
    });
    domain.run({ maxInstructions: 2 });
    expect([vcpu.exceptionBitmap & 0x80, vcpu.diary]).toEqual([0, []]);
  });

  it("VMCALL: handled, jumped, or #UD when nobody knows it", () => {
    const { domain, vcpu } = one([
      { exit: "vmcall", with: { instructionLength: 3 } },
      "nop",
      "nop",
      { exit: "vmmcall", with: { instructionLength: 3 } },
    ]);
    vcpu.handlers.set(6, 0);
    let answer: "handled" | "jumped" | "pass" = "handled";
    domain.registerHypercallHook((v) => {
      if (answer === "jumped") (v as FakeVcpu).rip = 0x50n;
      return answer;
    });
    domain.run({ maxInstructions: 1 });
    expect(vcpu.rip).toBe(3n);
    answer = "pass";
    domain.run({ maxInstructions: 1 });
    vcpu.run(0);
    expect(vcpu.rip).toBe(3n);
    answer = "jumped";
    domain.run({ maxInstructions: 1 });
    expect(vcpu.diary).toEqual(["exception 6 rip=3 retired=1"]);
    expect(vcpu.rip).toBe(0x50n);
  });

  it("MMIO: claimed, unclaimed, written", () => {
    const data = Uint8Array.of(1, 2, 3, 4, 0, 0);
    const { domain, vcpu } = one([
      { exit: "ept-violation", with: { guestPhysical: 0xfee0_0020, access: "read", accessSize: 4 } },
      { exit: "ept-violation", with: { guestPhysical: 0xfee0_1000, access: "read", accessSize: 2 } },
      { exit: "ept-violation", with: { guestPhysical: 0xfee0_0ffc, access: "write", accessSize: 4, data } },
    ]);
    const writes: string[] = [];
    domain.registerMmio(0xfee0_0000, 0x1000, {
      name: "apic",
      read: (offset) => Uint8Array.of(offset, 9),
      write: (offset, bytes) => void writes.push(`${offset}:${bytes.join(",")}`),
    });
    expect(() => domain.registerMmio(0xfee0_0fff, 1, { name: "b", read: () => data, write: () => {} })).toThrow(
      'MMIO range "b" overlaps "apic" (EEXIST)',
    );
    domain.run({ maxSteps: 3 });
    expect(vcpu.diary).toEqual(["mmio 32,9,255,255", "mmio 255,255", "mmio written"]);
    expect(writes).toEqual(["4092:1,2,3,4"]);
    // A microsecond each.
    expect(domain.ticks).toBeGreaterThanOrEqual(3000);
  });

  it("a handler says what time its access takes", () => {
    const { domain, bus } = one([{ exit: "io-instruction", with: { port: 1, size: 1, direction: "in" } }]);
    const access = (): 0 => {
      domain.spend(1000);
      return 0;
    };
    bus.register({ base: 1, size: 1 }, { name: "slow", access });
    domain.run({ maxSteps: 1 });
    expect(domain.ticks).toBe(1001);
  });

  it("PAUSE takes its time, so that waiting loops are short", () => {
    const { domain } = one([{ exit: "pause" }, { exit: "pause" }]);
    domain.run({ maxSteps: 2 });
    expect(domain.ticks).toBe(2 * 51);
  });

  it("RDPMC asks the registered counters, else #GP(0)", () => {
    const { domain, vcpu } = one([{ exit: "rdpmc" }, { exit: "rdpmc" }]);
    domain.registerPerformanceCounter((v, index) => (index === 0x1_0000 && v.rip === 0n ? 0x1_2345_6789n : undefined));
    vcpu.writeRegister(RCX, 0x1_0000n);
    domain.run({ maxInstructions: 3 });
    expect([vcpu.readRegister(RDX), vcpu.readRegister(RAX)]).toEqual([1n, 0x2345_6789n]);
    expect(vcpu.diary).toEqual(["exception 13 error=0 rip=1 retired=1"]);
  });

  it("XSETBV writes XCR0, which the processor may refuse; there is no other", () => {
    const write = (index: bigint, value: bigint): { diary: readonly string[]; xcr0: bigint } => {
      const { domain, vcpu } = one([{ exit: "xsetbv" }]);
      // The upper halves do not count.
      vcpu.writeRegister(RCX, index | (7n << 32n));
      vcpu.writeRegister(RAX, (value & 0xffff_ffffn) | (5n << 32n));
      vcpu.writeRegister(RDX, (value >> 32n) | (3n << 32n));
      domain.run({ maxInstructions: 2 });
      return vcpu;
    };
    expect(write(0n, 3n)).toMatchObject({ diary: [], xcr0: 3n });
    const refused = ["exception 13 error=0 rip=0 retired=0"];
    expect(write(0n, 2n), "x87 must be on").toMatchObject({ diary: refused, xcr0: 1n });
    expect(write(0n, 1n | (1n << 63n))).toMatchObject({ diary: refused, xcr0: 1n });
    expect(write(1n, 1n), "there is no XCR1").toMatchObject({ diary: refused, xcr0: 1n });
  });
});

describe("[hvm-domain] how a run ends", () => {
  it("at an exact count, and goes on from there", () => {
    const { domain, vcpu, clock } = one([]);
    expect(domain.run({ maxInstructions: 123_456 })).toEqual({ kind: "instructions" });
    expect([vcpu.retired, domain.ticks, clock.nowNs()]).toEqual([123_456, 123_456, 123_456n]);
    expect(domain.run({ untilNs: 200_000n })).toEqual({ kind: "time" });
    expect(vcpu.retired).toBe(200_000);
    expect(domain.run({ maxSteps: 3 })).toEqual({ kind: "steps" });
  });

  it("triple fault: what the parameter says, and where it was", () => {
    const { domain } = one(["nop", { exit: "triple-fault" }]);
    expect(domain.run()).toEqual({
      kind: "shutdown",
      shutdown: { reason: "reboot", cause: "triple-fault", vcpuId: 0, rip: 1n, text: "triple fault at RIP 0x1" },
    });
    const crash = one([{ exit: "triple-fault" }], { params: { TRIPLE_FAULT_REASON: 3n } });
    expect(crash.domain.run()).toMatchObject({ shutdown: { reason: "crash" } });
    expect(crash.domain.run(), "a dead domain stays dead").toMatchObject({ kind: "shutdown" });
  });

  it("an instruction that the engine does not know is named with its bytes", () => {
    const { domain } = one([
      { exit: "unimplemented", with: { text: "vaddps ymm0, ymm0, ymm0", bytes: Uint8Array.of(0xc5, 0xfc) } },
    ]);
    expect(domain.run()).toMatchObject({
      shutdown: {
        cause: "unimplemented-instruction",
        text: "instruction not implemented: vaddps ymm0, ymm0, ymm0 (c5 fc) at RIP 0x0",
      },
    });
  });

  it("a fetch from nowhere", () => {
    const { domain } = one([{ exit: "ept-violation", with: { access: "fetch", guestPhysical: 0xdead_0000 } }]);
    expect(domain.run()).toMatchObject({ shutdown: { cause: "fetch-from-mmio" } });
  });

  it("pause, unpause, and a device that powers off", () => {
    const { domain, vcpu, bus } = one([{ exit: "io-instruction", with: { port: 1, direction: "out" } }, "nop"]);
    bus.register({ base: 1, size: 1 }, { name: "button", access: () => act(() => domain.pause()) });
    expect(domain.run()).toEqual({ kind: "paused" });
    expect(domain.run()).toEqual({ kind: "paused" });
    expect(vcpu.rip).toBe(1n);
    domain.unpause();
    expect(domain.run({ maxInstructions: 1 })).toEqual({ kind: "instructions" });
    domain.shutdown("poweroff");
    expect(domain.run()).toMatchObject({ kind: "shutdown", shutdown: { reason: "poweroff", cause: "request" } });
  });

  it("HLT with interrupts off is the end", () => {
    const { domain, clock } = one([{ exit: "hlt" }]);
    clock.createAlarm("pit", () => expect.fail("nobody waits for it")).arm(1000n);
    expect(domain.run()).toEqual({ kind: "halted" });
  });

  it("pause while the guest runs, even after a device's own error ended an earlier run", () => {
    const { domain, vcpu, bus } = one([
      { exit: "io-instruction", with: { port: 0x10, size: 1, direction: "in" } },
      { effect: () => domain.pause() },
    ]);
    const broken = { name: "broken", access: () => expect.fail("out of order") };
    bus.register({ base: 0x10, size: 1 }, broken);
    expect(() => domain.run({ maxInstructions: 1000 })).toThrow("out of order");
    vcpu.rip = 1n;
    expect(domain.run({ maxInstructions: 1000 })).toEqual({ kind: "paused" });
    expect(vcpu.retired).toBe(1);
  });

  it("requestStop", () => {
    const { domain } = one([{ exit: "pause" }]);
    domain.observeExits(() => domain.requestStop());
    expect(domain.run()).toEqual({ kind: "stopped" });
    expect(domain.run({ maxInstructions: 5 })).toEqual({ kind: "instructions" });
  });

  it("a guest that only faults does not hold the host", () => {
    const { domain, vcpu } = one([{ exit: "exception", with: { vector: 13, errorCode: 0 } }]);
    vcpu.handlers.set(13, 0);
    expect(domain.run({ maxInstructions: 1000 })).toEqual({ kind: "instructions" });
    expect(vcpu.retired).toBe(0);
    expect(domain.exitCounts).toEqual({ exception: 1000 });
  });

  it("nor does REP OUTS with a count of 2^64 - 1", () => {
    const { domain, vcpu } = one([
      { exit: "io-instruction", with: { port: 0x80, direction: "out", string: true, rep: true } },
    ]);
    vcpu.writeRegister(RCX, 0xffff_ffff_ffff_ffffn);
    expect(domain.run({ maxInstructions: 100_000 })).toEqual({ kind: "instructions" });
    expect(vcpu.rip).toBe(0n);
  });
});

describe("[hvm-domain] interrupts and time", () => {
  it("an alarm ends the slice at its instruction and its interrupt is delivered there", () => {
    const { domain, vcpu, clock, lines } = one([]);
    vcpu.rflags |= IF;
    vcpu.handlers.set(0x20, 0x1_0000);
    clock.createAlarm("pit", () => lines.pending.set(0, 0x20)).arm(777n);
    domain.run({ maxInstructions: 1000 });
    expect(vcpu.diary).toEqual(["interrupt 32 rip=777 retired=777"]);
  });

  it("waits for the window while interrupts are off", () => {
    const { domain, vcpu, lines } = one(["nop", "nop", { effect: (v) => (v.rflags |= IF) }]);
    lines.pending.set(0, 0x30);
    domain.run({ maxInstructions: 10 });
    expect(vcpu.diary).toEqual(["interrupt 48 rip=3 retired=3"]);
  });

  it("HLT lets time jump to the next alarm", () => {
    const { domain, vcpu, clock, lines } = one(["nop", { exit: "hlt" }]);
    vcpu.rflags |= IF;
    clock.createAlarm("rtc", () => lines.pending.set(0, 0x70)).arm(1_000_000_000n);
    domain.run({ maxInstructions: 5 });
    expect(vcpu.diary).toEqual(["interrupt 112 rip=2 retired=2"]);
    expect(clock.nowNs()).toBe(1_000_000_003n);
  });

  it("an NMI wakes even with interrupts off", () => {
    const { domain, vcpu } = one([{ exit: "hlt" }]);
    expect(domain.run()).toEqual({ kind: "halted" });
    domain.injectNmi(0);
    domain.run({ maxInstructions: 1 });
    expect(vcpu.diary).toEqual(["interrupt 2 rip=1 retired=1"]);
    expect(() => domain.injectNmi(7)).toThrow("no vCPU 7 (ESRCH)");
  });

  it("an idle guest does not pass the given time or number of steps", () => {
    const { domain, vcpu, clock } = one([{ exit: "hlt" }]);
    vcpu.rflags |= IF;
    const tick = clock.createAlarm("tick", (atNs) => tick.arm(atNs + 1000n));
    tick.arm(1000n);
    expect(domain.run({ untilNs: 4_500n })).toEqual({ kind: "time" });
    expect(clock.nowNs()).toBe(4_500n);
    expect(domain.run({ maxSteps: 10 })).toEqual({ kind: "steps" });
  });

  it("nsAt is exact in the middle of a run, for every vCPU of a round", () => {
    const seen: bigint[] = [];
    const read: FakeInstruction = {
      effect: (v) => {
        const number = machine.domain.nsNumberAt(v.id, v.retired);
        const ns = machine.domain.nsAt(v.id, v.retired);
        expect(number).toBe(Number(ns));
        expect(machine.domain.nsNumberAt(v.id, v.retired)).toBe(number);
        seen.push(ns);
      },
    };
    const machine = setUp(
      [
        ["nop", "nop", read],
        ["nop", read],
      ],
      { quantum: 100 },
    );
    machine.domain.run({ maxInstructions: 150 });
    expect(seen).toEqual([2n, 1n]);
    expect(machine.clock.nowNs(), "side by side: 100 ticks each").toBe(100n);
  });

  it("nsNumberAt says the same at exits, before the clock has caught up, whoever is ahead", () => {
    const out: FakeInstruction = { exit: "io-instruction", with: { port: 0x80, direction: "out" } };
    const machine = setUp(
      [
        ["nop", out, "nop", "nop", out, "nop"],
        [out, "nop", "nop", out, out],
      ],
      { quantum: 4 },
    );
    const { domain, bus, vcpus } = machine;
    const seen: bigint[] = [];
    const access = (): IoResult => {
      const numbers = vcpus.map(({ id, retired }) => domain.nsNumberAt(id, retired));
      const exact = vcpus.map(({ id, retired }) => domain.nsAt(id, retired));
      expect(numbers).toEqual(exact.map(Number));
      seen.push(...exact);
      return IoResult.Okay;
    };
    bus.register({ base: 0x80, size: 1 }, { name: "post", access });
    domain.run({ maxInstructions: 40 });
    expect(new Set(seen).size).toBeGreaterThan(4);
  });

  it("string I/O takes the time of its elements", () => {
    const { domain, vcpu, clock } = one([
      { exit: "io-instruction", with: { port: 0x80, direction: "out", string: true, rep: true } },
    ]);
    vcpu.writeRegister(RCX, 50n);
    domain.run({ maxInstructions: 50 });
    expect([clock.nowNs(), vcpu.rip, vcpu.retired]).toEqual([50n, 1n, 1]);
  });
});

describe("[hvm-domain] determinism", () => {
  const program: readonly FakeInstruction[] = [
    { effect: (v) => (v.rflags |= IF) },
    "nop",
    { exit: "cpuid" },
    { exit: "io-instruction", with: { port: 0x40, size: 1, direction: "in" } },
    { exit: "pause" },
    { exit: "exception", with: { vector: 6 } },
    { effect: (v) => v.writeRegister(RBX, v.readRegister(RBX) + 1n) },
    { exit: "hlt" },
    { jump: 0 },
  ];
  const machine = (): Machine => {
    const result = setUp([program, [...program.slice(0, 3), ...program], program], { quantum: 37 });
    for (const vcpu of result.vcpus) {
      vcpu.handlers.set(0x20, 0);
    }
    let count = 0;
    const { bus, clock, lines } = result;
    bus.register({ base: 0x40, size: 1 }, { name: "counter", access: (a) => answer(a, count++) });
    const tick = clock.createAlarm("tick", (atNs) => {
      for (const vcpu of result.vcpus) lines.pending.set(vcpu.id, 0x20);
      tick.arm(atNs + 53n);
    });
    tick.arm(53n);
    return result;
  };
  const summary = ({ domain, clock, vcpus }: Machine) => ({
    hash: domain.traceHash(),
    nowNs: clock.nowNs(),
    ticks: domain.ticks,
    exits: domain.exitCounts,
    vcpus: vcpus.map((vcpu) => [vcpu.rip, vcpu.retired, vcpu.diary.length]),
  });

  it("two runs are alike, and the hash has seen something", () => {
    const [a, b] = [machine(), machine()];
    const empty = a.domain.traceHash();
    a.domain.run({ maxInstructions: 20_000 });
    b.domain.run({ maxInstructions: 20_000 });
    expect(summary(a)).toEqual(summary(b));
    expect(a.domain.traceHash()).toMatch(/^[0-9a-f]{16}$/);
    expect(a.domain.traceHash()).not.toBe(empty);
  });

  it.each<[string, RunLimits]>([
    ["single steps", { maxInstructions: 1 }],
    ["pieces of 7 instructions", { maxInstructions: 7 }],
    ["pieces of 11 scheduler steps", { maxSteps: 11 }],
  ])("cut into %s it is the same run", (_, limits) => {
    const [whole, pieces] = [machine(), machine()];
    whole.domain.run({ maxInstructions: 5000 });
    while (pieces.domain.ticks < 5000) {
      const left = 5000 - pieces.domain.ticks;
      const { kind } = pieces.domain.run({
        ...limits,
        maxInstructions: Math.min(left, limits.maxInstructions ?? left),
      });
      if (kind === "halted") expect.fail("the guest ended early");
    }
    expect(summary(pieces)).toEqual(summary(whole));
  });

  it("one register more or less is another hash", () => {
    const [a, b] = [machine(), machine()];
    b.vcpu.writeRegister(15, 1n << 63n);
    for (const { domain } of [a, b]) domain.run({ maxInstructions: 100 });
    expect(a.domain.traceHash()).not.toBe(b.domain.traceHash());
  });

  it("saved in the middle and loaded elsewhere it continues with the same hash", () => {
    const [a, b] = [machine(), machine()];
    a.domain.run({ maxInstructions: 1234 });
    const [domainState, clockState] = structuredClone([a.domain.save(), a.clock.save()] as const);
    // The counter behind port 0x40 is the test's, not the domain's.
    for (let i = 0; i < (a.domain.exitCounts["io-instruction"] ?? 0); i++) b.bus.access("in", 0x40, 1, 0, b.vcpu);
    b.clock.load(clockState);
    b.domain.load(domainState);
    for (const [id, vector] of a.lines.pending) b.lines.pending.set(id, vector);
    for (const { domain } of [a, b]) domain.run({ maxInstructions: 4000 });
    const { vcpus: _, ...rest } = summary(a);
    expect(summary(b)).toMatchObject(rest);
  });

  it("refuses a state of another version, other flags or another number of vCPUs", () => {
    const { domain } = machine();
    const state = domain.save();
    expect(() => domain.load({ ...state, version: 2 as 1 })).toThrow("version 2; expected 1 (EINVAL)");
    expect(() => domain.load({ ...state, flags: 0x21 })).toThrow("create flags 0x21; this domain has 0x3");
    expect(() => one([]).domain.load(state)).toThrow("3 vCPUs; this domain has 1");
  });
});
