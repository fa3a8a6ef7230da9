/** The quick ways of delivery and IRET beside the general ones on random tables, stacks and selectors: the same end, or nothing done. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { helperNames } from "x86-lift";
import { Rflags } from "../src/control-bits.ts";
import { Access } from "../src/cpu.ts";
import { deliverEvent } from "../src/events/deliver.ts";
import { deliverQuickly, returnQuickly } from "../src/events/quick.ts";
import { HelperStatus } from "../src/helper.ts";
import { helperTable } from "../src/helpers/index.ts";
import { peekStack, returnFar } from "../src/segments/far-return.ts";
import { currentStack } from "../src/segments/stack-frame.ts";
import { STATE_BYTES, StateOffset } from "../src/state-layout.ts";
import { EventOutcome, eventFunctions } from "../src/tier1/events.ts";
import { CONTROL_BYTES, Control } from "../src/tier1/record.ts";
import { ModuleBuilder } from "../src/tier1/wasm/module-builder.ts";
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
/** Without VM; half of them without TF, NT and AC, too. */
const flags = fc
  .tuple(fc.nat({ max: 0x3f_ffff }), fc.boolean())
  .map(([value, isCalm]) => (value & ~(isCalm ? 0x6_4100 : 0x2_0000)) | 2);
/** CS and SS. */
const usual: readonly [number, number][] = [
  [Selector.Code64, Selector.Data],
  [Selector.Code64, 0],
  [Selector.UserCode64, Selector.UserData],
  [Selector.UserCode64, Selector.UserData],
];
const usual32: readonly [number, number][] = [
  [Selector.Code32, Selector.Data],
  [Selector.UserCode32, Selector.UserData],
  [Selector.UserCode32, Selector.UserData],
];
/** Seldom more than one thing is wrong. */
const mishap = fc.array(
  fc.record({ what: fc.constantFrom("code", "data", "gate", "stack", "gdt limit", "idt limit", "tss limit"), bit }),
  { maxLength: 2 },
);

interface Kind {
  readonly modes: readonly ("user64" | "long" | "user32" | "protected")[];
  readonly code: number;
  readonly usual: readonly [number, number][];
  /** Bytes of a word of the stack. */
  readonly word: 4 | 8;
}
const kinds: readonly (readonly [string, Kind])[] = [
  ["64", { modes: ["user64", "long"], code: Selector.Code64, usual, word: 8 }],
  ["32", { modes: ["user32", "protected"], code: Selector.Code32, usual: usual32, word: 4 }],
];
const mask = (word: 4 | 8, value: bigint): bigint => BigInt.asUintN(word * 8, value);

const starts = ({ modes, code, usual }: Kind) =>
  fc.record({
    mode: fc.constantFrom(...modes),
    handler: fc.oneof(fc.constant(code), selector),
    ist: fc.oneof(fc.constant(0), fc.nat({ max: 7 })),
    conforming: fc.boolean(),
    /** The gate has DPL 3. */
    open: fc.boolean(),
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
    /** Base of all data segments, where they may have one. */
    base: fc.constantFrom(0, 0, 0x40, 0xffff_f000),
    /** DS, ES, FS and GS: 0x10 is dropped on the way out to ring 3. */
    data: fc.constantFrom(Selector.Data, Selector.UserData),
    mishap,
  });
type Start = ReturnType<typeof starts> extends fc.Arbitrary<infer T> ? T : never;

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

const subjects = ({ modes }: Kind) => new Map(modes.map((mode) => [mode, subject(mode)]));

function prepare(subjects: ReadonlyMap<Start["mode"], Subject>, { word }: Kind, s: Start): Machine {
  const { machine, restart } = subjects.get(s.mode)!;
  restart();
  const { vcpu, memory } = machine;
  const { cpu } = vcpu;
  const flip = (at: number, bit: number): void => {
    memory.writeU64(at, (memory.readU64(at) ?? 0n) ^ (1n << BigInt(bit)));
  };
  const [cs, ss] = s.frame.selectors;
  const isLong = word === 8;
  const gateBytes = word * 2;
  const gate = Place.idt + VECTOR * gateBytes;
  memory.writeU16(gate + 2, s.handler);
  if (s.open) for (const bit of [45, 46]) flip(gate, bit);
  if (s.conforming) flip(Place.gdt + (isLong ? Selector.Code64 : Selector.Code32), 42);
  if (isLong) {
    memory.writeU8(gate + 4, s.ist);
    memory.writeU64(Place.tss + 4, s.tssStack);
    for (let ist = 1; ist < 8; ist++) memory.writeU64(Place.tss + 28 + ist * 8, s.tssStack + 0x40n);
  } else memory.writeU32(Place.tss + 4, Number(mask(4, s.tssStack)));
  const base = isLong ? 0 : s.base;
  for (const data of [Selector.Data, Selector.UserData]) {
    memory.writeU16(Place.gdt + (data & 0x78) + 2, base & 0xffff);
    memory.writeU8(Place.gdt + (data & 0x78) + 4, (base >>> 16) & 0xff);
    memory.writeU8(Place.gdt + (data & 0x78) + 7, base >>> 24);
  }
  vcpu.setSegment("ss", { ...vcpu.segment("ss"), base: BigInt(base) });
  for (const name of ["ds", "es", "fs", "gs"] as const) {
    vcpu.setSegment(name, {
      selector: s.data,
      base: 0n,
      limit: 0xffff_ffff,
      attributes: s.data === Selector.Data ? 0xc093 : 0xc0f3,
    });
  }
  for (const { what, bit } of s.mishap) {
    if (what === "code") flip(Place.gdt + (cs & 0x78), bit);
    else if (what === "data") flip(Place.gdt + (ss & 0x78), bit);
    else if (what === "gate") flip(gate, bit);
    else if (what === "stack") flip(Place.gdt + (s.handler & 0x78), bit);
    else if (what === "gdt limit") vcpu.setTable("gdtr", { base: BigInt(Place.gdt), limit: bit });
    else if (what === "idt limit")
      vcpu.setTable("idtr", { base: BigInt(Place.idt), limit: VECTOR * gateBytes + (bit & 31) });
    else cpu.set32(StateOffset.segment + 6 * 16 + 4, bit);
  }
  vcpu.writeRegister(4, s.rsp);
  vcpu.rip = mask(word, s.rip);
  const image = [s.frame.rip, BigInt(cs), BigInt(s.frame.flags), s.frame.rsp, BigInt(ss)];
  for (const [n, value] of image.entries()) {
    const at = isLong ? Number(s.rsp) + n * 8 : (Number(mask(4, s.rsp)) + base + n * 4) >>> 0;
    if (at >= LOW_RAM - 8) continue;
    if (isLong) memory.writeU64(at, value);
    else memory.writeU32(at, Number(mask(4, value)));
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

/** Flags as one picture, whatever was left of them to be worked out. */
function settle({ vcpu: { cpu } }: Machine): void {
  cpu.writeRflags(cpu.readRflags());
  cpu.updateModeKey();
}

test.each(kinds)("[x86-vcpu] quick delivery ends where delivery ends, %s bits", (_, kind) => {
  let done = 0;
  let inner = 0;
  const ours = subjects(kind);
  const others = subjects(kind);
  const property = fc.property(
    starts(kind),
    fc.option(fc.nat({ max: 0xffff }), { nil: undefined }),
    fc.boolean(),
    flags,
    (s, errorCode, isSoftware, before) => {
      const quick = prepare(ours, kind, s);
      const { cpu: ourCpu } = quick.vcpu;
      ourCpu.writeRflags(before);
      const first = picture(quick);
      const { cpl } = quick.vcpu;
      const length = isSoftware ? 2 : 0;
      const isDone = deliverQuickly(ourCpu, VECTOR, errorCode, isSoftware, length, ourCpu.readRflags() | Rflags.RF);
      if (!isDone) {
        expect(Buffer.compare(picture(quick), first)).toBe(0);
        return;
      }
      done++;
      if (quick.vcpu.cpl < cpl) inner++;
      settle(quick);
      const general = prepare(others, kind, s);
      const { cpu } = general.vcpu;
      cpu.writeRflags(before);
      const returnRip = mask(kind.word, cpu.rip + BigInt(length));
      const pushed = cpu.readRflags() | Rflags.RF;
      const status = deliverEvent(cpu, { vector: VECTOR, errorCode, isSoftware, returnRip, flags: pushed });
      expect(status).toBe(HelperStatus.Continue);
      settle(general);
      expect(Buffer.compare(picture(quick), picture(general))).toBe(0);
    },
  );
  fc.assert(property, { numRuns: 2000, seed: 20261123 });
  expect(done).toBeGreaterThan(150);
  expect(inner).toBeGreaterThan(50);
});

test.each(kinds)("[x86-vcpu] quick IRET ends where IRET ends, %s bits", (_, kind) => {
  let done = 0;
  let outer = 0;
  const ours = subjects(kind);
  const others = subjects(kind);
  const property = fc.property(starts(kind), (s) => {
    const quick = prepare(ours, kind, s);
    const before = picture(quick);
    const { cpl } = quick.vcpu;
    const image = returnQuickly(quick.vcpu.cpu, kind.word * 8);
    if (image < 0) {
      expect(Buffer.compare(picture(quick), before)).toBe(0);
      return;
    }
    done++;
    if (quick.vcpu.cpl > cpl) outer++;
    settle(quick);
    const general = prepare(others, kind, s);
    const { cpu } = general.vcpu;
    const stack = currentStack(cpu, 0);
    const { word } = kind;
    const [rip, cs, flags] = [0, 1, 2].map((n) => peekStack(cpu, stack, n * word, word)) as [bigint, bigint, bigint];
    const isLong = word === 8;
    const frame = {
      bytes: word,
      rip,
      selector: Number(cs & 0xffffn),
      outerAt: word * 3,
      release: 0,
      alwaysStack: isLong,
    };
    expect(returnFar(cpu, frame)).toBe(HelperStatus.Continue);
    expect(BigInt(image)).toBe(flags);
    settle(general);
    expect(Buffer.compare(picture(quick), picture(general))).toBe(0);
  });
  fc.assert(property, { numRuns: 2000, seed: 20261123 });
  expect(done).toBeGreaterThan(150);
  expect(outer).toBeGreaterThan(50);
});

interface EventModule {
  readonly fault: (isSoftware: number) => number;
  readonly iret: (budget: number) => number;
  readonly control: number;
}

/** Tier 1's own ways, in a module of their own. */
function eventModule({ vcpu: { cpu } }: Machine, { word }: Kind): EventModule {
  const bits = word === 8 ? 64 : 32;
  const control = cpu.memory.allocate(CONTROL_BYTES, 16);
  const module = new ModuleBuilder();
  module.importMemory("m", "memory");
  const functions = eventFunctions(module, { state: cpu.base, control });
  module.export("fault", functions[`fault${bits}`]);
  module.export("iret", functions[`iret${bits}`]);
  const imports = { m: { memory: cpu.memory.wasm as WebAssembly.Memory } };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), imports);
  return { ...(exports as unknown as Omit<EventModule, "control">), control };
}
const quiet = ({ vcpu: { cpu } }: Machine): void => cpu.set32(StateOffset.quiet, 1);
const restless = ({ vcpu: { cpu } }: Machine): void => cpu.set32(StateOffset.quiet, 0);

test.each(kinds)("[x86-vcpu] tier 1's own delivery ends where delivery ends, %s bits", (_, kind) => {
  let done = 0;
  let inner = 0;
  const ours = subjects(kind);
  const others = subjects(kind);
  const modules = new Map([...ours].map(([mode, { machine }]) => [mode, eventModule(machine, kind)]));
  const property = fc.property(
    starts(kind),
    fc.option(fc.nat({ max: 0xffff }), { nil: undefined }),
    fc.boolean(),
    flags,
    (s, errorCode, isSoftware, before) => {
      const quick = prepare(ours, kind, s);
      const { cpu: ourCpu } = quick.vcpu;
      ourCpu.writeRflags(before);
      quiet(quick);
      const first = picture(quick);
      const { cpl } = quick.vcpu;
      const { fault, control } = modules.get(s.mode)!;
      ourCpu.i32[(control + Control.faultVector) >>> 2] = VECTOR;
      ourCpu.i32[(control + Control.faultError) >>> 2] = errorCode ?? -1;
      ourCpu.i32[(control + Control.faultFlags) >>> 2] = ourCpu.readRflags() | Rflags.RF;
      if (fault(isSoftware ? 1 : 0) === EventOutcome.Nothing) {
        expect(Buffer.compare(picture(quick), first)).toBe(0);
        return;
      }
      done++;
      if (quick.vcpu.cpl < cpl) inner++;
      const { modeKey } = ourCpu;
      settle(quick);
      const general = prepare(others, kind, s);
      const { cpu } = general.vcpu;
      cpu.writeRflags(before);
      const pushed = cpu.readRflags() | Rflags.RF;
      const event = { vector: VECTOR, errorCode, isSoftware, returnRip: cpu.rip, flags: pushed };
      expect(deliverEvent(cpu, event)).toBe(HelperStatus.Continue);
      expect(modeKey).toBe(cpu.modeKey);
      settle(general);
      restless(quick);
      expect(Buffer.compare(picture(quick), picture(general))).toBe(0);
    },
  );
  fc.assert(property, { numRuns: 4000, seed: 20261123 });
  expect(done).toBeGreaterThan(100);
  expect(inner).toBeGreaterThan(40);
});

test.each(kinds)("[x86-vcpu] tier 1's own IRET ends where IRET ends, %s bits", (_, kind) => {
  let done = 0;
  let outer = 0;
  const ours = subjects(kind);
  const others = subjects(kind);
  const modules = new Map([...ours].map(([mode, { machine }]) => [mode, eventModule(machine, kind)]));
  const helper = helperTable[helperNames.indexOf("interruptReturn")]!;
  const property = fc.property(starts(kind), fc.nat({ max: 100 }), (s, budget) => {
    const quick = prepare(ours, kind, s);
    const { cpu: ourCpu } = quick.vcpu;
    quiet(quick);
    const first = picture(quick);
    const { cpl } = quick.vcpu;
    const { iret, control } = modules.get(s.mode)!;
    // The IRET is the last instruction that was paid for.
    ourCpu.u64[(control + Control.end) >>> 3] = BigInt(ourCpu.retired + 1 + budget);
    if (iret(budget) === EventOutcome.Nothing) {
      expect(Buffer.compare(picture(quick), first)).toBe(0);
      return;
    }
    done++;
    if (quick.vcpu.cpl > cpl) outer++;
    const { modeKey } = ourCpu;
    const general = prepare(others, kind, s);
    const { cpu } = general.vcpu;
    expect(helper(cpu, 0, 0, 0, 0, kind.word * 8, 0)).toBe(HelperStatus.Continue);
    cpu.updateModeKey();
    expect(modeKey).toBe(cpu.modeKey);
    expect(ourCpu.resumeFlagAt).toBe(cpu.resumeFlagAt);
    settle(quick);
    settle(general);
    restless(quick);
    expect(Buffer.compare(picture(quick), picture(general))).toBe(0);
  });
  fc.assert(property, { numRuns: 4000, seed: 20261123 });
  expect(done).toBeGreaterThan(20);
  expect(outer).toBeGreaterThan(10);
});

test.each(["syscall", "sysret64"] as const)("[x86-vcpu] tier 1's own %s ends where the helper's ends", (name) => {
  const flags64 = fc.bigInt({ min: 0n, max: 0x3f_ffffn });
  const address = fc.constantFrom(0x5000n, 0x7fff_ffff_ffffn, 0x8000_0000_0000n, 0xffff_8000_0000_0000n);
  const make = () => createMachine(name === "syscall" ? "user64" : "long", { tier: 0 });
  const [quick, general] = [make(), make()];
  const module = new ModuleBuilder();
  module.importMemory("m", "memory");
  const { cpu: ours } = quick.vcpu;
  const functions = eventFunctions(module, { state: ours.base, control: ours.memory.allocate(CONTROL_BYTES, 16) });
  module.export("run", functions[name]);
  const imports = { m: { memory: ours.memory.wasm as WebAssembly.Memory } };
  const run = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), imports).exports["run"] as (
    next: bigint,
  ) => number;
  const helper = helperTable[helperNames.indexOf(name === "syscall" ? "syscall" : "sysret")]!;
  const begin = ours.u8.slice(ours.base, ours.base + STATE_BYTES);
  let done = 0;
  const property = fc.property(
    fc.tuple(flags64, flags64, flags64),
    address,
    fc.bigInt({ min: 0n, max: 0xffff_ffff_ffffn }),
    ([before, mask, r11], rcx, selectors) => {
      for (const { vcpu } of [quick, general]) {
        const { cpu } = vcpu;
        cpu.u8.set(begin, cpu.base);
        cpu.set32(StateOffset.tlbBase, cpu.tlb.base);
        cpu.updateModeKey();
        // Half of them without what is out of the ordinary.
        const odd = (rcx & 1n) === 0n ? ~0x6_4100n : ~0x2_0000n;
        cpu.writeRflags(Number(before & odd));
        cpu.set64(StateOffset.sfmask, mask);
        cpu.set64(StateOffset.lstar, 0xffff_ffff_8000_1234n);
        cpu.set64(StateOffset.star, selectors << 16n);
        cpu.writeGpr(1, rcx);
        cpu.writeGpr(11, r11 & odd);
        cpu.set32(StateOffset.instructionLength, 3);
        cpu.set32(StateOffset.quiet, 1);
      }
      const { cpu } = general.vcpu;
      if (run(ours.rip + 3n) === EventOutcome.Nothing) return;
      done++;
      const { modeKey } = ours;
      expect(helper(cpu, 0, 0, 0, 0, name === "syscall" ? 0 : 64, 0)).toBe(HelperStatus.Continue);
      expect(modeKey).toBe(cpu.modeKey);
      settle(quick);
      settle(general);
      for (const offset of [StateOffset.tlbRead, StateOffset.tlbWrite, StateOffset.tlbFetch]) {
        expect(ours.get32(offset) - ours.tlb.base).toBe(cpu.get32(offset) - cpu.tlb.base);
        ours.set32(offset, 0);
        cpu.set32(offset, 0);
      }
      const bytes = (c: typeof cpu): Uint8Array => c.u8.subarray(c.base, c.base + StateOffset.scratch);
      expect(Buffer.compare(bytes(ours), bytes(cpu))).toBe(0);
    },
  );
  fc.assert(property, { numRuns: 1000, seed: 20261123 });
  expect(done).toBeGreaterThan(100);
});
