/**
 * Tier 1 does what tier 0 does: registers, flags, memory, RIP, retired instructions and exits, after every stretch of
 * random code. `HVM_FUZZ_RUNS` makes it longer (default 100 programs of up to 60 instructions for each test).
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FlatMachine, flatMachine, RAM_BYTES, tiers, unmap } from "./flat-machine.ts";
import { type Choice, encode, templates } from "./random-code.ts";

const CODE = 0x20_0000;
const DATA = 0x30_0000;
const STACK = 0x38_0000;
const RUNS = Number(process.env["HVM_FUZZ_RUNS"] ?? 100);
/** Fixed, so that a run repeats; HVM_FUZZ_SEED=N searches elsewhere. */
const SEED = Number(process.env["HVM_FUZZ_SEED"] ?? 0x564d_5868);

const choice: fc.Arbitrary<Choice> = fc.record({
  kind: fc.nat(templates.length - 1),
  x: fc.integer(),
  y: fc.integer(),
});

export interface Setup {
  readonly registers: readonly bigint[];
  readonly flags: number;
}
const setup: fc.Arbitrary<Setup> = fc.record({
  registers: fc.array(
    fc.oneof(
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      fc.constantFrom(0n, 1n, 0x7fn, 0x80n, 0xffn, 0x8000_0000n, 0xffff_ffffn, 1n << 63n, (1n << 64n) - 1n),
    ),
    { minLength: 16, maxLength: 16 },
  ),
  flags: fc.constantFrom(0, 0x1, 0x4, 0x10, 0x40, 0x80, 0x800, 0x8d5),
});

function prepare({ vcpu, memory }: FlatMachine, code: Uint8Array, { registers, flags }: Setup, start = CODE): void {
  memory.fill(DATA - 0x100, 0x400, 0x5a);
  memory.fill(STACK - 0x400, 0x800, 0xa5);
  memory.fill(start, 0x400, 0);
  memory.write(start, code);
  registers.forEach((value, index) => void vcpu.writeRegister(index, value));
  vcpu.writeRegister(4, BigInt(start < 0x1_0000 ? 0x7000 : STACK));
  vcpu.writeRegister(13, BigInt(Number(registers[13]! & 7n)));
  vcpu.writeRegister(14, BigInt(DATA));
  vcpu.rflags = BigInt(flags | 2);
  vcpu.rip = BigInt(start);
  for (let n = 0; n < 128; n++) vcpu.cpu.u8[vcpu.cpu.base + 0x100 + n] = n * 37;
  vcpu.exceptionBitmap = -1;
}

/** Everything that may differ. */
function observe(
  { vcpu, memory }: FlatMachine,
  exit: { reason: string; vector: number },
  since: number,
): Record<string, unknown> {
  const registers: Record<string, string> = {};
  for (let n = 0; n < 16; n++) registers[`r${n}`] = vcpu.readRegister(n).toString(16);
  return {
    reason: exit.reason,
    vector: exit.reason === "exception" ? exit.vector : -1,
    retired: vcpu.retired - since,
    rip: vcpu.rip.toString(16),
    flags: vcpu.rflags.toString(16),
    ...registers,
    xmm: Buffer.from(vcpu.cpu.u8.slice(vcpu.cpu.base + 0x100, vcpu.cpu.base + 0x200)).toString("hex"),
    low: Buffer.from(memory.read(0x5f00, 0x1500)!).toString("hex"),
    data: Buffer.from(memory.read(DATA - 0x100, 0x400)!).toString("hex"),
    stack: Buffer.from(memory.read(STACK - 0x400, 0x800)!).toString("hex"),
  };
}

/** Runs both in stretches of the given lengths; the sum of all is what the program gets. */
function compare(
  machines: readonly FlatMachine[],
  code: readonly number[],
  state: Setup,
  stretches: readonly number[],
  start = CODE,
): void {
  const bytes = Uint8Array.from([...code, 0xf4]);
  const since = machines.map((machine) => {
    prepare(machine, bytes, state, start);
    return machine.vcpu.retired;
  });
  for (const budget of stretches) {
    const [zero, one] = machines.map((machine, n) => observe(machine, machine.vcpu.run(budget), since[n]!));
    expect(one, `after ${budget} more of ${Buffer.from(bytes).toString("hex")}`).toEqual(zero);
    if (zero!["reason"] !== "budget") return;
  }
}

/** All of it: what went wrong in one program must not show in the next. */
function expectSameRam(machines: readonly FlatMachine[], code: readonly number[]): void {
  const [zero, one] = machines.map(({ memory }) =>
    memory.bytes.subarray(memory.hostOffset(0), memory.hostOffset(0) + RAM_BYTES),
  );
  expect(Buffer.compare(zero!, one!), `RAM after ${Buffer.from(code).toString("hex")}`).toBe(0);
}

describe("[x86-vcpu] tier 1 = tier 0", () => {
  const machines = Object.values(tiers).map((createTier) => flatMachine(createTier));

  it("random straight code, to its end", () => {
    fc.assert(
      fc.property(fc.array(choice, { minLength: 1, maxLength: 60, size: "max" }), setup, (choices, state) =>
        compare(machines, choices.flatMap(encode), state, [1000]),
      ),
      { numRuns: RUNS, seed: SEED },
    );
  });

  it("random code with stops at any count", () => {
    fc.assert(
      fc.property(
        fc.array(choice, { minLength: 1, maxLength: 40, size: "max" }),
        setup,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 12, maxLength: 12 }),
        (choices, state, stretches) => compare(machines, choices.flatMap(encode), state, [...stretches, 1000]),
      ),
      { numRuns: RUNS, seed: SEED },
    );
  });

  it("random code across a page boundary", () => {
    fc.assert(
      fc.property(
        fc.array(choice, { minLength: 4, maxLength: 30, size: "max" }),
        setup,
        fc.nat(60),
        (choices, state, before) =>
          compare(machines, choices.flatMap(encode), state, [7, 1000], CODE + 0x1000 - before),
      ),
      { numRuns: RUNS, seed: SEED },
    );
  });

  it("random code whose data page ends in the middle of it", () => {
    const holes = Object.values(tiers).map((createTier) => {
      const machine = flatMachine(createTier);
      unmap(machine, DATA);
      return machine;
    });
    fc.assert(
      fc.property(fc.array(choice, { minLength: 1, maxLength: 30, size: "max" }), setup, (choices, state) =>
        compare(holes, choices.flatMap(encode), state, [1000]),
      ),
      { numRuns: RUNS, seed: SEED },
    );
  });

  for (const bits of [64, 32, 16] as const) {
    it(`any bytes at all as ${bits}-bit code`, () => {
      const wild = Object.values(tiers).map((createTier) => flatMachine(createTier, bits));
      const states = wild.map(({ vcpu }) => vcpu.cpu.u8.slice(vcpu.cpu.base, vcpu.cpu.base + 0x600));
      const byte = fc.oneof(
        fc.integer({ min: 0, max: 255 }),
        fc.constantFrom(0x0f, 0x66, 0xf3, 0x48, 0xd9, 0xdd, 0xc0),
      );
      fc.assert(
        fc.property(fc.array(byte, { minLength: 4, maxLength: 40, size: "max" }), setup, (code, state) => {
          wild.forEach(({ vcpu, memory }, n) => {
            const { retired } = vcpu;
            vcpu.cpu.u8.set(states[n]!, vcpu.cpu.base);
            vcpu.cpu.retired = retired;
            vcpu.cpu.tlb.flush();
            vcpu.cpu.updateModeKey();
            memory.fill(0x5f00, 0x1500, 0x5a);
          });
          compare(wild, code, state, [3, 40], bits === 16 ? 0x7c00 : CODE);
          expectSameRam(wild, code);
        }),
        { numRuns: RUNS, seed: SEED },
      );
    });
  }

  for (const bits of [32, 16] as const) {
    it(`the same bytes without REX prefixes as ${bits}-bit code`, () => {
      const narrow = Object.values(tiers).map((createTier) => flatMachine(createTier, bits));
      const start = bits === 32 ? CODE : 0x7c00;
      const data = bits === 32 ? DATA : 0x6000;
      fc.assert(
        fc.property(
          fc.array(choice, { minLength: 1, maxLength: 40, size: "max" }),
          setup,
          fc.integer({ min: 1, max: 30 }),
          (choices, state, first) => {
            const code = choices.flatMap((one) => encode(one).filter((byte, n) => n > 2 || (byte & 0xf0) !== 0x40));
            const registers = state.registers.map((value) => value & 0xffff_ffffn);
            registers[6] = BigInt(data);
            registers[5] = 8n;
            for (const { vcpu, memory } of narrow) {
              memory.fill(0x5f00, 0x400, 0x5a);
              memory.fill(0x6c00, 0x800, 0xa5);
              vcpu.setSegment("cs", { ...vcpu.segment("cs"), selector: bits === 32 ? 8 : 0, base: 0n });
            }
            compare(narrow, code, { ...state, registers }, [first, 60], start);
            expectSameRam(narrow, code);
          },
        ),
        { numRuns: RUNS, seed: SEED },
      );
    });
  }
});
