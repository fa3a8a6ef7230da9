/** The quick ways of delivery and IRET beside the general ones on random tables, stacks and selectors: the same end, or nothing done. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Access } from "../src/cpu.ts";
import { deliverEvent } from "../src/events/deliver.ts";
import { deliverQuickly, returnQuickly } from "../src/events/quick-long.ts";
import { HelperStatus } from "../src/helper.ts";
import { peekStack, returnFar } from "../src/segments/far-return.ts";
import { currentStack } from "../src/segments/stack-frame.ts";
import { STATE_BYTES, StateOffset } from "../src/state-layout.ts";
import { TlbContext } from "../src/tlb.ts";
import { createMachine, type Machine, Place, Selector } from "./machine.ts";

const VECTOR = 13;
const LOW_RAM = 0xa000;
const bit = fc.nat({ max: 63 });
const selector = fc.oneof(fc.constantFrom(0, 3, ...Object.values(Selector)), fc.nat({ max: 0x87 }));
const stackPointer = fc.oneof(
  fc.bigInt({ min: 0xe00n, max: 0xff8n }).map((slot) => slot * 8n),
  fc.constantFrom(0n, 0x7ff8n, 0x7ffcn, 0x8000n, 0x8008n, 0x8028n, 0x8030n, 0x7fff_ffff_fff8n, 0x8000_0000_0000n),
  fc.bigInt({ min: 0x7f00n, max: 0x8fffn }),
);
const flags = fc.nat({ max: 0x3f_ffff }).map((value) => (value & ~0x2_0000) | 2);
/** CS and SS. */
const usual: readonly [number, number][] = [
  [Selector.Code64, Selector.Data],
  [Selector.Code64, 0],
  [Selector.UserCode64, Selector.UserData],
  [Selector.UserCode64, Selector.UserData],
];
/** Seldom more than one thing is wrong. */
const mishap = fc.array(
  fc.record({ what: fc.constantFrom("code", "data", "gate", "stack", "gdt limit", "idt limit", "tss limit"), bit }),
  { maxLength: 2 },
);

const start = fc.record({
  mode: fc.constantFrom("user64" as const, "long" as const),
  handler: fc.oneof(fc.constant(Selector.Code64), selector),
  ist: fc.oneof(fc.constant(0), fc.nat({ max: 7 })),
  conforming: fc.boolean(),
  tssStack: stackPointer,
  rsp: stackPointer,
  rip: fc.constantFrom(0x5000n, 0xffff_ffffn, 0x7fff_ffff_ffffn),
  frame: fc.record({
    rip: fc.constantFrom(0x5000n, 0x7fff_ffff_f000n, 0x8000_0000_0000n),
    selectors: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...usual) },
      { weight: 1, arbitrary: fc.tuple(selector, selector) },
    ),
    flags,
    rsp: stackPointer,
  }),
  mishap,
});
type Start = typeof start extends fc.Arbitrary<infer T> ? T : never;

/** A machine that can be taken back to its start. */
interface Subject {
  readonly machine: Machine;
  restart(): void;
}

function subject(mode: Start["mode"]): Subject {
  const machine = createMachine(mode, { tier: 0 });
  const { memory, vcpu } = machine;
  const { cpu } = vcpu;
  const state = cpu.u8.slice(cpu.base, cpu.base + STATE_BYTES);
  const ram = memory.read(0, LOW_RAM) ?? new Uint8Array(0);
  return {
    machine,
    restart() {
      cpu.u8.set(state, cpu.base);
      memory.write(0, ram);
      cpu.tlb.flush();
      cpu.updateModeKey();
    },
  };
}

const subjects = () => ({ user64: subject("user64"), long: subject("long") });

function prepare({ machine, restart }: Subject, s: Start): Machine {
  restart();
  const { vcpu, memory } = machine;
  const { cpu } = vcpu;
  const flip = (at: number, bit: number): void => {
    memory.writeU64(at, (memory.readU64(at) ?? 0n) ^ (1n << BigInt(bit)));
  };
  const [cs, ss] = s.frame.selectors;
  const gate = Place.idt + VECTOR * 16;
  memory.writeU16(gate + 2, s.handler);
  memory.writeU8(gate + 4, s.ist);
  if (s.conforming) flip(Place.gdt + Selector.Code64, 42);
  memory.writeU64(Place.tss + 4, s.tssStack);
  for (let ist = 1; ist < 8; ist++) memory.writeU64(Place.tss + 28 + ist * 8, s.tssStack + 0x40n);
  for (const { what, bit } of s.mishap) {
    if (what === "code") flip(Place.gdt + (cs & 0x78), bit);
    else if (what === "data") flip(Place.gdt + (ss & 0x78), bit);
    else if (what === "gate") flip(gate, bit);
    else if (what === "stack") flip(Place.gdt + (s.handler & 0x78), bit);
    else if (what === "gdt limit") vcpu.setTable("gdtr", { base: BigInt(Place.gdt), limit: bit });
    else if (what === "idt limit") vcpu.setTable("idtr", { base: BigInt(Place.idt), limit: VECTOR * 16 + (bit & 31) });
    else cpu.set32(StateOffset.segment + 6 * 16 + 4, bit);
  }
  vcpu.writeRegister(4, s.rsp);
  vcpu.rip = s.rip;
  const image = [s.frame.rip, BigInt(cs), BigInt(s.frame.flags), s.frame.rsp, BigInt(ss)];
  for (const [n, word] of image.entries()) {
    const at = Number(s.rsp) + n * 8;
    if (at < LOW_RAM - 8) memory.writeU64(at, word);
  }
  // What the TLB has is the quick ways' to use.
  for (let page = 0x1000; page < LOW_RAM; page += 0x1000) {
    for (const context of [TlbContext.Supervisor, TlbContext.User]) {
      cpu.translate(page, 0, Access.Read, context);
      if (page >= 0x7000) cpu.translate(page, 0, Access.Write, context);
    }
  }
  cpu.pendingVector = -1;
  return machine;
}

/** State and low memory, without the bytes in which values are on their way. */
function picture({ vcpu: { cpu }, memory }: Machine): Uint8Array {
  const state = cpu.u8.slice(cpu.base, cpu.base + StateOffset.scratch);
  const ram = memory.read(0, LOW_RAM) ?? new Uint8Array(0);
  const all = new Uint8Array(state.length + ram.length);
  all.set(state);
  all.set(ram, state.length);
  return all;
}

test("[x86-vcpu] quick delivery ends where delivery ends", () => {
  let done = 0;
  const ours = subjects();
  const others = subjects();
  const property = fc.property(
    start,
    fc.option(fc.nat({ max: 0xffff }), { nil: undefined }),
    fc.boolean(),
    flags,
    (s, errorCode, isSoftware, pushed) => {
      const quick = prepare(ours[s.mode], s);
      const before = picture(quick);
      const length = isSoftware ? 2 : 0;
      const isDone = deliverQuickly(quick.vcpu.cpu, VECTOR, errorCode, isSoftware, length, pushed);
      if (!isDone) {
        expect(Buffer.compare(picture(quick), before)).toBe(0);
        return;
      }
      done++;
      const general = prepare(others[s.mode], s);
      const { cpu } = general.vcpu;
      const returnRip = cpu.rip + BigInt(length);
      const status = deliverEvent(cpu, { vector: VECTOR, errorCode, isSoftware, returnRip, flags: pushed });
      expect(status).toBe(HelperStatus.Continue);
      expect(Buffer.compare(picture(quick), picture(general))).toBe(0);
    },
  );
  fc.assert(property, { numRuns: 1000, seed: 20261123 });
  expect(done).toBeGreaterThan(150);
});

test("[x86-vcpu] quick IRET ends where IRET ends", () => {
  let done = 0;
  const ours = subjects();
  const others = subjects();
  const property = fc.property(start, (s) => {
    const quick = prepare(ours[s.mode], s);
    const before = picture(quick);
    const image = returnQuickly(quick.vcpu.cpu);
    if (image < 0) {
      expect(Buffer.compare(picture(quick), before)).toBe(0);
      return;
    }
    done++;
    const general = prepare(others[s.mode], s);
    const { cpu } = general.vcpu;
    const stack = currentStack(cpu, 0);
    const [rip, cs, flags] = [0, 8, 16].map((distance) => peekStack(cpu, stack, distance, 8)) as [
      bigint,
      bigint,
      bigint,
    ];
    const frame = { bytes: 8, rip, selector: Number(cs), outerAt: 24, release: 0, alwaysStack: true };
    expect(returnFar(cpu, frame)).toBe(HelperStatus.Continue);
    expect(BigInt(image)).toBe(flags);
    expect(Buffer.compare(picture(quick), picture(general))).toBe(0);
  });
  fc.assert(property, { numRuns: 1000, seed: 20261123 });
  expect(done).toBeGreaterThan(150);
});
