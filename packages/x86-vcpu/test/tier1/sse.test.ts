/** Floating-point SSE instructions on both tiers: results, MXCSR and flags. `HVM_FUZZ_RUNS` makes it longer (default 100; each is 30 cases). */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StateOffset } from "../../src/state-layout.ts";
import { type FlatMachine, flatMachine, tiers } from "./flat-machine.ts";

const CODE = 0x20_0000;
const RUNS = Math.ceil(Number(process.env["HVM_FUZZ_RUNS"] ?? 100) / 2);
const SEED = Number(process.env["HVM_FUZZ_SEED"] ?? 0x564d_5868);

const bitsOf64 = (value: number): bigint => new BigUint64Array(Float64Array.of(value).buffer)[0]!;
const bitsOf32 = (value: number): bigint => BigInt(new Uint32Array(Float32Array.of(value).buffer)[0]!);
const small = fc.integer({ min: -300, max: 300 }).map((value) => value / 4);
const corner = fc.constantFrom(
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  2.5,
  2 ** 31,
  -(2 ** 31),
  2 ** 31 - 1,
  2 ** 63,
  2 ** 24 + 1,
  Infinity,
  -Infinity,
  NaN,
);
const half64 = fc.oneof(
  fc.tuple(fc.oneof(small, corner, fc.double()), fc.constant(0)).map(([value]) => bitsOf64(value)),
  fc.constantFrom(
    1n,
    0x000f_ffff_ffff_ffffn,
    0x7ff0_0000_0000_0001n,
    0x0010_0000_0000_0000n,
    0x7fef_ffff_ffff_ffffn,
    0x3810_0000_0000_0000n,
  ),
  fc
    .tuple(fc.oneof(small, corner, fc.float()), fc.oneof(small, corner, fc.float()))
    .map(([a, b]) => bitsOf32(a) | (bitsOf32(b) << 32n)),
  fc.constantFrom(0x0000_0001_0080_0000n, 0x7f80_0001_7f7f_ffffn),
);
const vector = fc.tuple(half64, half64);

/** 66, F2, F3 or nothing; map; opcode; whether an immediate follows. */
const instructions: readonly (readonly number[])[] = [
  ...[0x51, 0x58, 0x59, 0x5c, 0x5d, 0x5e, 0x5f].flatMap((opcode) =>
    [0, 0x66, 0xf2, 0xf3].map((prefix) => [prefix, 0x0f, opcode, 0]),
  ),
  ...[0, 0x66, 0xf2, 0xf3].map((prefix) => [prefix, 0x0f, 0xc2, 1]),
  ...[0x5a].flatMap((opcode) => [0, 0x66, 0xf2, 0xf3].map((prefix) => [prefix, 0x0f, opcode, 0])),
  ...[0, 0x66, 0xf3].map((prefix) => [prefix, 0x0f, 0x5b, 0]),
  ...[0x66, 0xf2, 0xf3].map((prefix) => [prefix, 0x0f, 0xe6, 0]),
  ...[0x7c, 0x7d, 0xd0].flatMap((opcode) => [0x66, 0xf2].map((prefix) => [prefix, 0x0f, opcode, 0])),
  ...[0x2c, 0x2d, 0x2a].flatMap((opcode) => [0xf2, 0xf3].map((prefix) => [prefix, 0x0f, opcode, 0])),
  ...[0x2e, 0x2f].flatMap((opcode) => [0, 0x66].map((prefix) => [prefix, 0x0f, opcode, 0])),
  ...[0x08, 0x09, 0x0a, 0x0b].map((opcode) => [0x66, 0x3a, opcode, 1]),
];
const one = fc.record({
  instruction: fc.constantFrom(...instructions),
  wide: fc.boolean(),
  immediate: fc.nat(15),
  a: vector,
  b: vector,
  mxcsr: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(0x1fa0, 0x1f80, 0x1fbf) },
    { weight: 1, arbitrary: fc.constantFrom(0x3fa0, 0x5fa0, 0x7fa0, 0x9fe0, 0x1fe0, 0x9fa0, 0x0f80, 0x0020) },
  ),
});
type Case = typeof one extends fc.Arbitrary<infer T> ? T : never;

function run({ vcpu, memory }: FlatMachine, { instruction, wide, immediate, a, b, mxcsr }: Case): unknown {
  const [prefix, map, opcode, hasImmediate] = instruction as [number, number, number, number];
  const { cpu } = vcpu;
  const code = [
    ...(prefix === 0 ? [] : [prefix]),
    ...(wide ? [0x48] : []),
    0x0f,
    ...(map === 0x3a ? [0x3a] : []),
    opcode,
    0xc1,
    ...(hasImmediate === 1 ? [map === 0x3a ? immediate : immediate & 7] : []),
    0xf4,
  ];
  memory.write(CODE, Uint8Array.from(code));
  vcpu.writeRegister(0, 0x1111_2222_3333_4444n);
  vcpu.writeRegister(1, a[0]);
  vcpu.rflags = 0x8d7n;
  vcpu.rip = BigInt(CODE);
  [a, b].forEach((value, n) => {
    cpu.set64(StateOffset.xmm + n * 16, value[0]);
    cpu.set64(StateOffset.xmm + n * 16 + 8, value[1]);
  });
  cpu.set32(StateOffset.mxcsr, mxcsr);
  vcpu.exceptionBitmap = -1;
  const exit = vcpu.run(10);
  return {
    reason: exit.reason,
    vector: exit.reason === "exception" ? exit.vector : -1,
    rip: vcpu.rip,
    flags: vcpu.rflags,
    rax: vcpu.readRegister(0),
    xmm: [0, 8].map((at) => cpu.get64(StateOffset.xmm + at).toString(16)),
    mxcsr: cpu.get32(StateOffset.mxcsr),
  };
}

describe("[x86-vcpu] floating-point SSE on tier 1", () => {
  it("does what the helpers do", () => {
    const machines = Object.values(tiers).map((tier) => flatMachine(tier));
    fc.assert(
      fc.property(fc.array(one, { minLength: 30, maxLength: 30 }), (cases) => {
        for (const each of cases) {
          const [zero, first] = machines.map((machine) => run(machine, each));
          expect(first, each.instruction.map((byte) => byte.toString(16)).join(" ")).toEqual(zero);
        }
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });
});
