import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "../../test/fake-environment.ts";
import { createInterruptBus } from "../interrupt-bus.ts";
import { type LocalApic, type LocalApicOptions, localApic } from "./local-apic.ts";

const ID = 0x20;
const VERSION = 0x30;
const TPR = 0x80;
const PPR = 0xa0;
const EOI = 0xb0;
const LDR = 0xd0;
const DFR = 0xe0;
const SVR = 0xf0;
const ISR = 0x100;
const TMR = 0x180;
const IRR = 0x200;
const ESR = 0x280;
const ICR = 0x300;
const ICR_HIGH = 0x310;
const LVT_TIMER = 0x320;
const LINT0 = 0x350;
const LINT1 = 0x360;
const LVT_ERROR = 0x370;
const INITIAL = 0x380;
const CURRENT = 0x390;
const DIVIDE = 0x3e0;
/** Divide configuration for "by one" (figure 11-10). */
const BY_1 = 0xb;

const setUp = (options: LocalApicOptions = {}) => {
  const board = new FakeEnvironment();
  const calls: string[] = [];
  const apic = localApic.create(board, {
    processor: {
      nmi: () => calls.push("nmi"),
      init: () => calls.push("init"),
      startup: (vector) => calls.push(`startup ${vector.toString(16)}`),
    },
    ...options,
  });
  const write = (register: number, value: number) => apic.write(register, 4, value, 0);
  const read = (register: number): number => apic.read(register, 4, 0) ?? -1;
  return { board, apic, calls, write, read };
};
const enabled = (options: LocalApicOptions = {}) => {
  const made = setUp(options);
  made.write(SVR, 0x1ff);
  return made;
};
/** Self IPI by shorthand. */
const self = (vector: number): number => (1 << 18) | vector;

describe("[pc-devices] local APIC", () => {
  it("after RESET: SDM §11.4.7.1", () => {
    const { apic, read } = setUp({ id: 3 });
    expect([ID, VERSION, TPR, LDR, SVR, ICR].map(read)).toEqual([0x0300_0000, 0x0105_0014, 0, 0, 0xff, 0]);
    expect(read(DFR)).toBe(0xffff_ffff);
    for (const register of [LVT_TIMER, 0x330, 0x340, LINT0, LINT1, LVT_ERROR]) expect(read(register)).toBe(0x1_0000);
    expect(apic.apicBase).toBe(0xfee0_0800n);
    expect(setUp().apic.apicBase, "bootstrap processor").toBe(0xfee0_0900n);
  });

  it("software-disabled it takes no interrupt and keeps local vectors masked (§11.4.7.2)", () => {
    const { apic, read, write } = setUp();
    write(LINT0, 0x700);
    expect(read(LINT0)).toBe(0x1_0700);
    write(ICR, self(0x40));
    expect(apic.interruptPending).toBe(false);
    write(SVR, 0x1ff);
    write(LINT0, 0x700);
    write(SVR, 0x0ff);
    expect(read(LINT0), "disabling masks").toBe(0x1_0700);
  });

  it("IRR, ISR and EOI; the class of what is in service blocks its like (§11.8.3, §11.8.4)", () => {
    const { apic, read, write } = enabled();
    write(ICR, self(0x41));
    expect([apic.interruptPending, read(IRR + 0x20)]).toEqual([true, 0b10]);
    expect(apic.acknowledge()).toBe(0x41);
    expect([apic.interruptPending, read(IRR + 0x20), read(ISR + 0x20), read(PPR)]).toEqual([false, 0, 0b10, 0x40]);
    write(ICR, self(0x4f));
    expect(apic.interruptPending, "same class").toBe(false);
    write(ICR, self(0x50));
    expect(apic.acknowledge()).toBe(0x50);
    write(EOI, 0);
    expect(read(ISR + 0x20)).toBe(0b10);
    expect(apic.interruptPending).toBe(false);
    write(EOI, 0);
    expect(apic.acknowledge()).toBe(0x4f);
  });

  it("TPR blocks its class and below; PPR takes the subclass from it; CR8 is bits 7:4 (§11.8.6)", () => {
    const { apic, read, write } = enabled();
    write(TPR, 0x45);
    write(ICR, self(0x4f));
    expect([apic.interruptPending, read(PPR), apic.cr8]).toEqual([false, 0x45, 4]);
    apic.cr8 = 3;
    expect([apic.interruptPending, read(TPR)]).toEqual([true, 0x30]);
  });

  it("an acknowledge with nothing to deliver gives the spurious vector and puts nothing in service (§11.9)", () => {
    const { apic, read, write } = enabled();
    write(SVR, 0x1ef);
    write(ICR, self(0x40));
    write(TPR, 0xff);
    expect(apic.acknowledge()).toBe(0xef);
    expect(read(ISR + 0x20)).toBe(0);
  });

  it("one-shot timer: counts down at the divided rate, interrupts once (§11.5.4)", () => {
    const { apic, board, read, write } = enabled();
    write(LVT_TIMER, 0x40);
    write(DIVIDE, 0x3);
    write(INITIAL, 1000);
    board.advance(1600n);
    expect([read(CURRENT), apic.interruptPending]).toEqual([900, false]);
    board.advance(14_399n);
    expect([read(CURRENT), apic.interruptPending]).toEqual([1, false]);
    board.advance(1n);
    expect([read(CURRENT), apic.acknowledge()]).toEqual([0, 0x40]);
    write(EOI, 0);
    board.advance(1_000_000n);
    expect(apic.interruptPending).toBe(false);
  });

  it.each([
    [0x0, 2],
    [0x1, 4],
    [0x2, 8],
    [0x3, 16],
    [0x8, 32],
    [0x9, 64],
    [0xa, 128],
    [0xb, 1],
  ])("divide configuration %i divides by %i (figure 11-10)", (value, divisor) => {
    const { board, read, write } = enabled();
    write(DIVIDE, value);
    write(INITIAL, 1_000_000);
    board.advance(128_000n);
    expect(read(CURRENT)).toBe(1_000_000 - 128_000 / divisor);
  });

  it("periodic timer: every period, without drift, and reloads the count", () => {
    const { apic, board, read, write } = enabled({ timerHz: 66_000_000 });
    write(LVT_TIMER, 0x2_0040);
    write(DIVIDE, BY_1);
    write(INITIAL, 66_000);
    let interrupts = 0;
    for (let i = 0; i < 1000; i++) {
      board.advance(1_000_000n);
      if (!apic.interruptPending) continue;
      interrupts++;
      apic.acknowledge();
      write(EOI, 0);
    }
    expect(interrupts).toBe(1000);
    expect(read(CURRENT)).toBe(66_000);
    write(INITIAL, 0);
    board.advance(10_000_000n);
    expect(apic.interruptPending, "a count of zero stops it").toBe(false);
  });

  it("periods too short for anybody are merged, not simulated", () => {
    const { board, write } = enabled();
    write(LVT_TIMER, 0x2_0040);
    write(DIVIDE, BY_1);
    write(INITIAL, 1);
    board.advance(1_000_000n);
    expect(board.edges).toEqual(["intr+@1000"]);
  });

  it("a masked timer counts but wakes nobody", () => {
    const { apic, board, read, write } = enabled();
    write(LVT_TIMER, 0x1_0040);
    write(DIVIDE, BY_1);
    write(INITIAL, 1000);
    board.advance(400n);
    expect(read(CURRENT)).toBe(600);
    board.advance(1000n);
    write(LVT_TIMER, 0x40);
    board.advance(1000n);
    expect(apic.interruptPending, "expired while masked").toBe(false);
  });

  it("TSC-deadline: IA32_TSC_DEADLINE arms, reads back, is zero after (§11.5.4.1)", () => {
    const { apic, board, read, write } = enabled({ nsOfTsc: (tsc) => tsc / 2n });
    expect(apic.writeMsr(0x6e0, 1000n), "ignored in other modes").toBe(true);
    expect(apic.readMsr(0x6e0)).toBe(0n);
    write(LVT_TIMER, 0x4_0040);
    write(INITIAL, 77);
    expect([read(INITIAL), read(CURRENT)]).toEqual([0, 0]);
    apic.writeMsr(0x6e0, 1000n);
    board.advance(499n);
    expect([apic.readMsr(0x6e0), apic.interruptPending]).toEqual([1000n, false]);
    board.advance(1n);
    expect([apic.readMsr(0x6e0), apic.acknowledge()]).toEqual([0n, 0x40]);
    write(EOI, 0);
    apic.writeMsr(0x6e0, 5000n);
    apic.writeMsr(0x6e0, 0n);
    board.advance(10_000n);
    expect(apic.interruptPending, "zero disarms").toBe(false);
    expect(setUp().apic.writeMsr(0x6e0, 1n), "no such MSR without it").toBe(false);
  });

  it("LINT0 as ExtINT passes the 8259's vector on (§11.5.1)", () => {
    const { apic, write } = enabled({ acknowledgeExternal: () => 0x20 });
    apic.setPin(0, true);
    expect(apic.interruptPending, "masked").toBe(false);
    write(LINT0, 0x700);
    expect(apic.acknowledge()).toBe(0x20);
    apic.setPin(0, false);
    expect(apic.interruptPending).toBe(false);
  });

  it("switched off by IA32_APIC_BASE the pins are INTR and NMI (§11.4.3)", () => {
    const { apic, calls, read } = setUp({ acknowledgeExternal: () => 0x33 });
    expect(apic.writeApicBase(0xfee0_0100n)).toBe(true);
    expect([apic.answersMemory, read(ID)]).toEqual([false, -1]);
    apic.setPin(0, true);
    apic.setPin(1, true);
    expect([apic.interruptPending, apic.acknowledge(), calls]).toEqual([true, 0x33, ["nmi"]]);
  });

  it("virtual wire: as firmware leaves the bootstrap processor, and only that", () => {
    const { apic, calls, read } = setUp({ virtualWire: true, acknowledgeExternal: () => 0x20 });
    expect([SVR, LINT0, LINT1].map(read)).toEqual([0x1ff, 0x700, 0x400]);
    apic.setPin(0, true);
    apic.setPin(1, true);
    expect([apic.acknowledge(), calls]).toEqual([0x20, ["nmi"]]);
    expect(setUp({ id: 1, virtualWire: true }).read(SVR)).toBe(0xff);
  });

  it("a level-triggered LINT0 repeats after EOI while the pin is high (§11.5.1, remote IRR)", () => {
    const { apic, read, write } = enabled();
    write(LINT0, 0x8055);
    apic.setPin(0, true);
    expect([read(LINT0), read(TMR + 0x20)]).toEqual([0xc055, 1 << 21]);
    apic.acknowledge();
    write(EOI, 0);
    expect(apic.acknowledge(), "still high").toBe(0x55);
    apic.setPin(0, false);
    write(EOI, 0);
    expect([apic.interruptPending, read(LINT0)]).toEqual([false, 0x8055]);
  });

  it("vectors below 16: ESR bits 5 and 6, and the error interrupt (§11.5.2, §11.5.3)", () => {
    const { apic, read, write } = enabled();
    write(LVT_ERROR, 0xfe);
    write(ICR, self(0x0f));
    expect(read(ESR), "only a write shows them").toBe(0);
    write(ESR, 0);
    expect(read(ESR)).toBe(0x20);
    expect(apic.acknowledge()).toBe(0xfe);
    write(LVT_TIMER, 0x05);
    write(DIVIDE, BY_1);
    write(INITIAL, 10);
    read(0x000);
    write(ESR, 0);
    expect(read(ESR), "reserved register").toBe(0x80);
  });

  it("what it does not have is neither read nor written; narrow reads see their part", () => {
    const { apic, read, write } = enabled({ id: 5 });
    write(VERSION, 0);
    write(PPR, 0xff);
    write(CURRENT, 1);
    write(IRR, 0xffff_ffff);
    expect([VERSION, PPR, CURRENT, IRR].map(read)).toEqual([0x0105_0014, 0, 0, 0]);
    expect([apic.read(0x23, 1, 0), apic.read(0x22, 2, 0), apic.read(0x24, 4, 0)]).toEqual([5, 0x500, 0]);
    apic.write(TPR, 1, 0xff, 0);
    expect(read(TPR), "only 32-bit writes").toBe(0);
  });
});

describe("[pc-devices] local APICs on a bus", () => {
  const pair = (count = 4, options: LocalApicOptions = {}) => {
    const bus = createInterruptBus();
    return { bus, all: Array.from({ length: count }, (_, id) => enabled({ id, bus, ...options })) };
  };
  const pending = ({ all }: { all: readonly { apic: LocalApic }[] }) => all.map(({ apic }) => apic.interruptPending);

  it("INIT, then STARTUP, as Linux starts a processor (§11.6.1)", () => {
    const { all } = pair(2);
    const [first, second] = all as [ReturnType<typeof enabled>, ReturnType<typeof enabled>];
    first.write(ICR_HIGH, 1 << 24);
    first.write(ICR, 0xc500);
    expect(second.calls).toEqual(["init"]);
    expect(second.read(SVR), "INIT resets the APIC").toBe(0xff);
    first.write(ICR, 0x8500);
    expect(second.calls, "de-assert does nothing").toEqual(["init"]);
    first.write(ICR, 0x0609);
    expect([second.calls, first.calls]).toEqual([["init", "startup 9"], []]);
  });

  it("physical, broadcast and shorthands (§11.6.2)", () => {
    const made = pair();
    const [first] = made.all as [ReturnType<typeof enabled>];
    first.write(ICR_HIGH, 2 << 24);
    first.write(ICR, 0x40);
    expect(pending(made)).toEqual([false, false, true, false]);
    first.write(ICR, (3 << 18) | 0x50);
    expect(pending(made)).toEqual([false, true, true, true]);
    first.write(ICR, (2 << 18) | 0x50);
    expect(pending(made)).toEqual([true, true, true, true]);
    first.write(ICR_HIGH, 0xff << 24);
    first.write(ICR, 0x400);
    expect(made.all.map(({ calls }) => calls)).toEqual([["nmi"], ["nmi"], ["nmi"], ["nmi"]]);
    first.write(ICR, (3 << 18) | 0x400);
    expect(first.calls, "all but self").toEqual(["nmi"]);
  });

  it("logical destinations, flat and cluster (§11.6.2.2)", () => {
    const made = pair();
    for (const [id, { write }] of made.all.entries()) write(LDR, 1 << (24 + id));
    const [first] = made.all as [ReturnType<typeof enabled>];
    first.write(ICR_HIGH, 0b1010 << 24);
    first.write(ICR, 0x840);
    expect(pending(made)).toEqual([false, true, false, true]);
    const clusters = pair();
    clusters.all.forEach(({ write }, id) => {
      write(DFR, 0);
      write(LDR, (((id >> 1) << 4) | (1 << (id & 1))) << 24);
    });
    const [sender] = clusters.all as [ReturnType<typeof enabled>];
    sender.write(ICR_HIGH, 0x12 << 24);
    sender.write(ICR, 0x840);
    expect(pending(clusters)).toEqual([false, false, false, true]);
  });

  it("lowest priority goes to one, the one with the lowest priority (§11.6.2.4)", () => {
    const made = pair(3);
    for (const { write } of made.all) write(LDR, 0xff << 24);
    made.all[0]!.write(TPR, 0x30);
    made.all[1]!.write(TPR, 0x10);
    made.all[2]!.write(TPR, 0x20);
    made.all[0]!.write(ICR_HIGH, 0xff << 24);
    made.all[0]!.write(ICR, 0x940);
    expect(pending(made)).toEqual([false, true, false]);
  });

  it("x2APIC: transitions, IDs, access rules, ICR in one write (§11.12)", () => {
    const made = pair(2);
    const [{ apic: first }, { apic: second, write }] = made.all as [
      ReturnType<typeof enabled>,
      ReturnType<typeof enabled>,
    ];
    expect(first.readMsr(0x802), "not yet").toBeUndefined();
    expect(first.writeApicBase(0xfee0_0d00n)).toBe(true);
    expect(first.writeApicBase(0xfee0_0900n), "no way back but through disabled").toBe(false);
    expect(second.writeApicBase(0xfee0_0400n), "EXTD without EN").toBe(false);
    expect(second.writeApicBase(0xfee0_0a00n), "reserved bit 9").toBe(false);
    second.writeApicBase(0xfee0_0c00n);
    expect([second.answersMemory, second.read(ID, 4, 0), write(TPR, 1)]).toEqual([false, undefined, false]);
    expect([second.readMsr(0x802), second.readMsr(0x80d)]).toEqual([1n, 2n]);
    expect(first.writeMsr(0x830, (1n << 32n) | 0x40n)).toBe(true);
    expect(first.readMsr(0x830)).toBe((1n << 32n) | 0x40n);
    expect(second.acknowledge()).toBe(0x40);
    expect(second.writeMsr(0x80b, 1n), "EOI takes zero only").toBe(false);
    expect(second.writeMsr(0x80b, 0n)).toBe(true);
    expect([0x80b, 0x80e, 0x831, 0x83f].map((msr) => second.readMsr(msr))).toEqual(Array(4).fill(undefined));
    expect([0x802, 0x803, 0x80d, 0x80e, 0x831].map((msr) => second.writeMsr(msr, 0n))).toEqual(Array(5).fill(false));
    expect([second.writeMsr(0x808, 0x100n), second.writeMsr(0x828, 1n), second.writeMsr(0x808, 1n << 32n)]).toEqual(
      Array(3).fill(false),
    );
    expect(second.writeMsr(0x83f, 0x66n), "SELF IPI").toBe(true);
    expect(second.acknowledge()).toBe(0x66);
    expect(second.writeApicBase(0xfee0_0000n), "off").toBe(true);
    expect(second.writeApicBase(0xfee0_0c00n), "off to x2APIC in one step").toBe(false);
  });

  it("x2APIC logical: cluster of sixteen in the upper half", () => {
    const bus = createInterruptBus();
    const all = [0x00, 0x13, 0x14].map((id) => {
      const made = enabled({ id, bus });
      made.apic.writeApicBase(0xfee0_0c00n);
      return made;
    });
    expect(all.map(({ apic }) => apic.readMsr(0x80d))).toEqual([1n, 0x1_0008n, 0x1_0010n]);
    all[0]!.apic.writeMsr(0x830, (0x1_0010n << 32n) | 0x840n);
    expect(pending({ all })).toEqual([false, false, true]);
  });

  it("EOI of a level-triggered interrupt goes out, unless suppressed (§11.8.5)", () => {
    const { bus, all } = pair(1);
    const ends: number[] = [];
    bus.addIoApic({ endOfInterrupt: (vector) => ends.push(vector) });
    const { apic, write } = all[0]!;
    const serve = (level: boolean): void => {
      bus.send(0, 0x51, level, 0, false);
      apic.acknowledge();
      write(EOI, 0);
    };
    serve(false);
    serve(true);
    expect(ends).toEqual([0x51]);
    write(SVR, 0x11ff);
    serve(true);
    expect(ends).toEqual([0x51]);
  });

  it("MSI: address and data (§11.11)", () => {
    const made = pair(2);
    expect(made.bus.sendMsi(0xfee0_1000, 0x0041)).toBe(true);
    expect(pending(made)).toEqual([false, true]);
    expect(made.all[1]!.apic.acknowledge()).toBe(0x41);
    expect([made.bus.sendMsi(0xfed0_0000, 0x41), made.bus.sendMsi(0xfef0_0000, 0x41)]).toEqual([false, false]);
    expect(made.bus.sendMsi(0xfee7_7000, 0x41), "nobody there").toBe(true);
  });

  it("no MSR access throws, and saved state goes on alike", () => {
    const access = fc.record({
      index: fc.oneof(fc.integer({ min: 0x800, max: 0x8ff }), fc.constant(0x6e0)),
      value: fc.oneof(fc.bigInt(0n, 0xfffn), fc.bigInt(0n, 2n ** 64n - 1n)),
    });
    fc.assert(
      fc.property(fc.array(access, { maxLength: 40 }), (accesses) => {
        const bus = createInterruptBus();
        const { apic, board } = enabled({ bus, nsOfTsc: (tsc) => tsc });
        apic.writeApicBase(0xfee0_0d00n);
        for (const { index, value } of accesses) {
          apic.writeMsr(index, value);
          apic.readMsr(index);
          board.advance(3n);
        }
        const other = localApic.create(new FakeEnvironment(), { nsOfTsc: (tsc) => tsc });
        other.load(structuredClone(apic.save()));
        expect(other.save()).toEqual(apic.save());
        expect(other.interruptPending).toBe(apic.interruptPending);
      }),
    );
  });
});
