import { createPortioBus, IoResult, type PortHandler } from "portio-bus";
import { describe, expect, it } from "vitest";
import { FakeVcpu } from "../test/fake-vcpu.ts";
import { executePortInstruction, type PortInstruction } from "./port-io.ts";
import type { HvmVcpu } from "./vcpu.ts";

const [RAX, RCX, RSI, RDI] = [0, 1, 6, 7];
const plain: PortInstruction = {
  instructionLength: 1,
  port: 0x60,
  size: 4,
  direction: "in",
  string: false,
  rep: false,
  addressSize: 64,
  segment: 3,
};

const setUp = (answers: readonly number[] = []) => {
  const vcpu = new FakeVcpu(0, []);
  const written: number[] = [];
  let next = 0;
  const handler: PortHandler<HvmVcpu> = {
    name: "test",
    access(access) {
      if (access.direction === "out") written.push(access.value);
      else access.value = answers[next++ % answers.length] ?? 0;
      return IoResult.Okay;
    },
  };
  const bus = createPortioBus<HvmVcpu>({ maxStringElements: 4 });
  bus.register({ base: 0x60, size: 4 }, handler);
  const run = (instruction: Partial<PortInstruction>) =>
    executePortInstruction(vcpu, { ...plain, ...instruction }, bus);
  return { vcpu, written, bus, run };
};

describe("[hvm-domain] IN and OUT", () => {
  it.each([
    [4, 0x0000_0000_89ab_cdefn],
    [2, 0x1122_3344_5566_cdefn],
    [1, 0x1122_3344_5566_77efn],
  ] as const)("IN of %s bytes: 4 zero-extends, 1 and 2 keep the rest of RAX", (size, rax) => {
    const { vcpu, run } = setUp([0x89ab_cdef]);
    vcpu.writeRegister(RAX, 0x1122_3344_5566_7788n);
    expect(run({ size }).outcome).toBe("done");
    expect(vcpu.readRegister(RAX)).toBe(rax);
    expect(vcpu.rip).toBe(1n);
    expect(vcpu.retired).toBe(1);
  });

  it.each([
    [4, 0x5566_7788],
    [2, 0x7788],
    [1, 0x88],
  ] as const)("OUT of %s bytes sends the low part of RAX and leaves RAX alone", (size, datum) => {
    const { vcpu, written, run } = setUp();
    vcpu.writeRegister(RAX, 0x1122_3344_5566_7788n);
    run({ size, direction: "out", instructionLength: 2 });
    expect(written).toEqual([datum]);
    expect(vcpu.readRegister(RAX)).toBe(0x1122_3344_5566_7788n);
    expect(vcpu.rip).toBe(2n);
  });

  it("a port nobody owns reads as ones", () => {
    const { vcpu, run } = setUp();
    run({ port: 0x1234, size: 2 });
    expect(vcpu.readRegister(RAX)).toBe(0xffffn);
  });

  it.each(["in", "out"] as const)("%s with claimedOnly of a port nobody owns does nothing at all", (direction) => {
    const { vcpu, run } = setUp();
    vcpu.writeRegister(RAX, 7n);
    expect(run({ port: 0x1234, direction, claimedOnly: true })).toEqual({ outcome: "unclaimed", elements: 0 });
    expect([vcpu.readRegister(RAX), vcpu.rip]).toEqual([7n, 0n]);
    expect(run({ direction, claimedOnly: true }).outcome).toBe("done");
  });

  it("Retry leaves the instruction to be executed again", () => {
    const { vcpu, bus, run } = setUp();
    bus.register({ base: 0x80, size: 1 }, { name: "slow", access: () => IoResult.Retry });
    expect(run({ port: 0x80, size: 1 })).toEqual({ outcome: "wait", elements: 0 });
    expect(vcpu.rip).toBe(0n);
    expect(vcpu.readRegister(RAX)).toBe(0n);
  });
});

describe("[hvm-domain] INS and OUTS", () => {
  it("REP INSB fills ES:RDI upwards, in portions", () => {
    const { vcpu, run } = setUp([0x41, 0x42, 0x43]);
    vcpu.writeRegister(RDI, 0x1000n);
    vcpu.writeRegister(RCX, 6n);
    const rep = { string: true, rep: true, size: 1 } as const;
    expect(run(rep)).toEqual({ outcome: "again", elements: 4 });
    expect([vcpu.readRegister(RDI), vcpu.readRegister(RCX), vcpu.rip]).toEqual([0x1004n, 2n, 0n]);
    expect(run(rep)).toEqual({ outcome: "done", elements: 2 });
    expect([vcpu.readRegister(RDI), vcpu.readRegister(RCX), vcpu.rip]).toEqual([0x1006n, 0n, 1n]);
    expect(String.fromCharCode(...vcpu.memory.slice(0x1000, 0x1007))).toBe("ABCABC\0");
  });

  it("OUTSW without REP sends one element and leaves RCX", () => {
    const { vcpu, written, run } = setUp();
    vcpu.memory.set([0x34, 0x12], 0x2000);
    vcpu.writeRegister(RSI, 0x2000n);
    vcpu.writeRegister(RCX, 9n);
    run({ string: true, direction: "out", size: 2 });
    expect(written).toEqual([0x1234]);
    expect([vcpu.readRegister(RSI), vcpu.readRegister(RCX)]).toEqual([0x2002n, 9n]);
  });

  it("DF goes downwards", () => {
    const { vcpu, written, run } = setUp();
    vcpu.rflags |= 1n << 10n;
    vcpu.memory.set([1, 2, 3], 0x100);
    vcpu.writeRegister(RSI, 0x102n);
    vcpu.writeRegister(RCX, 3n);
    run({ string: true, rep: true, direction: "out", size: 1 });
    expect(written).toEqual([3, 2, 1]);
    expect(vcpu.readRegister(RSI)).toBe(0xffn);
  });

  it("a count of zero does nothing but move on", () => {
    const { vcpu, run } = setUp([1]);
    vcpu.writeRegister(RDI, 0x10n);
    expect(run({ string: true, rep: true })).toEqual({ outcome: "done", elements: 0 });
    expect([vcpu.rip, vcpu.readRegister(RDI)]).toEqual([1n, 0x10n]);
  });

  it("16-bit addressing wraps in DI and leaves the rest of RDI and RCX", () => {
    const { vcpu, run } = setUp([7]);
    vcpu.writeRegister(RDI, 0xaaaa_0000_0000_ffffn);
    vcpu.writeRegister(RCX, 0xbbbb_0000_0001_0002n);
    vcpu.segments.set("es", { selector: 0, base: 0n, limit: 0xffff, attributes: 0x93 });
    vcpu.segments.set("cs", { selector: 0, base: 0n, limit: 0xffff, attributes: 0x9b });
    run({ string: true, rep: true, size: 1, addressSize: 16 });
    expect([vcpu.readRegister(RDI), vcpu.readRegister(RCX)]).toEqual([0xaaaa_0000_0000_0001n, 0xbbbb_0000_0001_0000n]);
    expect([vcpu.memory[0xffff], vcpu.memory[0]]).toEqual([7, 7]);
  });

  it("32-bit addressing zero-extends RSI and RCX", () => {
    const { vcpu, run } = setUp();
    vcpu.writeRegister(RSI, 0xffff_ffff_0000_0010n);
    vcpu.writeRegister(RCX, 0xffff_ffff_0000_0001n);
    run({ string: true, rep: true, direction: "out", size: 4, addressSize: 32 });
    expect([vcpu.readRegister(RSI), vcpu.readRegister(RCX)]).toEqual([0x14n, 0n]);
  });

  it("a page fault stops it with everything before done and the registers at the faulting element", () => {
    const { vcpu, written, run } = setUp();
    vcpu.memory.set([1, 2, 3, 4], 0x1ffe);
    vcpu.missing.add(2);
    vcpu.writeRegister(RSI, 0x1ffen);
    vcpu.writeRegister(RCX, 4n);
    vcpu.cpl = 3;
    expect(run({ string: true, rep: true, direction: "out", size: 1 })).toEqual({ outcome: "fault", elements: 2 });
    expect(written).toEqual([1, 2]);
    expect([vcpu.readRegister(RSI), vcpu.readRegister(RCX), vcpu.rip]).toEqual([0x2000n, 2n, 0n]);
    vcpu.run(1);
    expect(vcpu.diary).toEqual(["exception 14 error=4 cr2=2000 rip=0 retired=0"]);
  });

  it("INS asks memory before it asks the device", () => {
    let asked = 0;
    const { vcpu, bus, run } = setUp();
    bus.register({ base: 0x90, size: 1 }, { name: "counted", access: () => ++asked && IoResult.Okay });
    vcpu.missing.add(1);
    vcpu.writeRegister(RDI, 0x1000n);
    expect(run({ string: true, port: 0x90, size: 1 }).outcome).toBe("fault");
    expect(asked).toBe(0);
  });

  it.each([
    ["beyond the limit", { selector: 8, base: 0n, limit: 0x0f, attributes: 0x93 }, 13],
    ["unusable", { selector: 0, base: 0n, limit: 0xffff, attributes: 0x1_0000 }, 13],
    ["read-only", { selector: 8, base: 0n, limit: 0xffff, attributes: 0x91 }, 13],
  ])("INS into a segment that is %s is #GP(0)", (_, es, vector) => {
    const { vcpu, run } = setUp([1]);
    vcpu.efer = 0n;
    vcpu.segments.set("es", es);
    vcpu.writeRegister(RDI, 0x10n);
    expect(run({ string: true, size: 1, addressSize: 32 }).outcome).toBe("fault");
    vcpu.run(1);
    expect(vcpu.diary[0]).toContain(`exception ${vector} error=0`);
  });

  it("OUTS from a non-canonical address is #GP(0), from SS #SS(0)", () => {
    for (const [segment, vector] of [
      [3, 13],
      [2, 12],
    ] as const) {
      const { vcpu, run } = setUp();
      vcpu.writeRegister(RSI, 0x8000_0000_0000_0000n);
      run({ string: true, direction: "out", segment });
      vcpu.run(1);
      expect(vcpu.diary[0]).toContain(`exception ${vector} error=0`);
    }
  });

  describe("in one piece, for bulk handlers", () => {
    const bulk = (direction: "in" | "out", length: number, answer?: Uint8Array) => {
      const made = setUp();
      let seen: Uint8Array | number | undefined;
      made.bus.register(
        { base: 0x5659, size: 1 },
        {
          name: "bulk",
          access: () => IoResult.Unhandled,
          accessString(access) {
            if (answer === undefined) seen = access.memory.readBytes?.(length);
            else seen = access.memory.writeBytes?.(answer);
            access.done = seen === -1 || seen instanceof Uint8Array ? length : 0;
            access.faultIndex = typeof seen === "number" ? seen : -1;
            return IoResult.Okay;
          },
        },
      );
      made.vcpu.writeRegister(RCX, BigInt(length));
      const start = (address: bigint) => made.vcpu.writeRegister(direction === "in" ? RDI : RSI, address);
      const go = () => made.run({ port: 0x5659, size: 1, string: true, rep: true, direction });
      return { ...made, start, go, seen: () => seen };
    };

    it("reads across pages", () => {
      const { vcpu, start, go, seen } = bulk("out", 0x1800);
      vcpu.memory.fill(7, 0x2f00, 0x2f00 + 0x1800);
      start(0x2f00n);
      expect(go()).toEqual({ outcome: "done", elements: 0x1800 });
      expect(seen()).toEqual(new Uint8Array(0x1800).fill(7));
      expect([vcpu.readRegister(RSI), vcpu.readRegister(RCX)]).toEqual([0x2f00n + 0x1800n, 0n]);
    });

    it("names the element that faults, and the #PF has its address", () => {
      const { vcpu, start, go, seen } = bulk("out", 0x1800);
      vcpu.missing.add(4);
      start(0x2f00n);
      expect(go()).toEqual({ outcome: "fault", elements: 0 });
      expect(seen()).toBe(0x1100);
      vcpu.run(1);
      expect(vcpu.diary[0]).toContain("exception 14 error=0 cr2=4000");
    });

    it("writes all, or nothing when a later page faults", () => {
      const bytes = new Uint8Array(0x2100).fill(9);
      const good = bulk("in", 0x2100, bytes);
      good.start(0x2f00n);
      expect(good.go().outcome).toBe("done");
      expect(good.vcpu.memory.slice(0x2eff, 0x5001).every((byte, i) => (byte === 9) === (i > 0 && i <= 0x2100))).toBe(
        true,
      );

      const bad = bulk("in", 0x2100, bytes);
      bad.vcpu.missing.add(4);
      bad.start(0x2f00n);
      expect(bad.go()).toEqual({ outcome: "fault", elements: 0 });
      expect(bad.seen()).toBe(0x1100);
      expect(bad.vcpu.memory.every((byte) => byte === 0)).toBe(true);
    });

    it("goes element by element where the address wraps", () => {
      const { vcpu, run, bus } = setUp();
      let seen: Uint8Array | number | undefined;
      bus.register(
        { base: 0x90, size: 1 },
        {
          name: "bulk",
          access: () => IoResult.Unhandled,
          accessString: (access) => {
            seen = access.memory.readBytes?.(4);
            access.done = 4;
            return IoResult.Okay;
          },
        },
      );
      vcpu.memory.set([1, 2], 0xfffe);
      vcpu.memory.set([3, 4], 0);
      vcpu.writeRegister(RSI, 0xfffen);
      vcpu.writeRegister(RCX, 4n);
      run({ port: 0x90, size: 1, string: true, rep: true, direction: "out", addressSize: 16 });
      expect(seen).toEqual(Uint8Array.of(1, 2, 3, 4));
    });
  });
});
