/**
 * x87 programs on both tiers: tier 0 has only the helpers on x86-softfloat, tier 1 fast paths of its own. Registers, tags, status,
 * pointers and memory must agree bit for bit. `HVM_FUZZ_RUNS` makes it longer (default 100; each four are 30 programs).
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StateOffset } from "../../src/state-layout.ts";
import { type FlatMachine, flatMachine, tiers } from "./flat-machine.ts";

const CODE = 0x20_0000;
const DATA = 0x30_0000;
const RUNS = Number(process.env["HVM_FUZZ_RUNS"] ?? 100);
const SEED = Number(process.env["HVM_FUZZ_SEED"] ?? 0x564d_5868);

/** A 80-bit number: significand, sign and exponent. */
interface Extended {
  readonly m: bigint;
  readonly se: number;
}
const TOP = 1n << 63n;
const significand = fc.oneof(
  fc.bigInt({ min: TOP, max: 2n * TOP - 1n }),
  fc.constantFrom(
    TOP,
    TOP | 1n,
    2n * TOP - 1n,
    TOP | (1n << 62n),
    TOP | 0x400n,
    TOP | 0x7ffn,
    TOP | 0x800n,
    TOP | 0xc00n,
  ),
  // Few bits: sums and quotients that are exact or half-way.
  fc.tuple(fc.nat(255), fc.nat(63)).map(([bits, shift]) => TOP | ((BigInt(bits) << BigInt(shift)) % TOP)),
);
const exponent = fc.oneof(
  fc.integer({ min: 0x3fff - 70, max: 0x3fff + 70 }),
  fc.integer({ min: 0x3ffd, max: 0x4001 }),
  fc.constantFrom(1, 2, 0x7ffe, 0x7ffd, 0x3fff - 1022, 0x3fff + 1023, 0x3fff + 31, 0x3fff + 63, 0x3fff + 15),
);
const normal = fc
  .tuple(significand, exponent, fc.boolean())
  .map(([m, e, negative]): Extended => ({ m, se: e | (negative ? 0x8000 : 0) }));
const special = fc.constantFrom<Extended>(
  { m: 0n, se: 0 },
  { m: 0n, se: 0x8000 },
  { m: TOP, se: 0x7fff },
  { m: TOP | 1n, se: 0x7fff },
  { m: (3n << 62n) | 5n, se: 0xffff },
  { m: 1n, se: 0 },
  { m: TOP, se: 0 },
  { m: 1n, se: 0x3fff },
);
const number = fc.oneof({ weight: 12, arbitrary: normal }, { weight: 2, arbitrary: special });

/** Instructions by a choice of bits; memory operands lie at RDI + 16 × n. */
const forms: readonly ((x: number) => readonly number[])[] = [
  // D8, DC, DE register forms; D8 and DC compare, too.
  (x) => [[0xd8, 0xdc, 0xde][x % 3]!, 0xc0 | ((x >>> 2) & 0x3f)],
  (x) => [0xd8, 0xc0 | ((x >>> 2) & 0x3f)],
  // D8, DA, DC, DE memory.
  (x) => [[0xd8, 0xda, 0xdc, 0xde][x & 3]!, 0x47 | (((x >>> 2) & 7) << 3), ((x >>> 5) & 7) * 16],
  // FLD, FILD, FST, FSTP, FIST, FISTP, FISTTP.
  (x) => [[0xd9, 0xdd][x & 1]!, 0x47 | ([0, 2, 3][(x >>> 1) % 3]! << 3), ((x >>> 5) & 7) * 16],
  (x) => [[0xdb, 0xdf][x & 1]!, 0x47 | ([0, 1, 2, 3, 5, 7][(x >>> 1) % 6]! << 3), ((x >>> 5) & 7) * 16],
  (x) => [0xdd, 0x47 | (1 << 3), ((x >>> 5) & 7) * 16],
  // FLD ST(i), FXCH, FST, FSTP, FUCOM, FCMOVcc, FCOMI.
  (x) => [0xd9, 0xc0 | ((x >>> 1) & 15)],
  (x) => [0xdd, 0xd0 | ((x >>> 1) & 31)],
  (x) => [[0xda, 0xdb][x & 1]!, 0xc0 | ((x >>> 1) & 31)],
  (x) => [[0xdb, 0xdf][x & 1]!, [0xe8, 0xf0][(x >>> 1) & 1]! | ((x >>> 2) & 7)],
  // FCHS, FABS, FTST, FXAM, FLD1, FLDZ and the other constants.
  (x) => [0xd9, [0xe0, 0xe1, 0xe4, 0xe5, 0xe8, 0xee, 0xeb, 0xfa][x & 7]!],
  // FADDP and its kin, FUCOMPP, FCOMPP, FNSTSW AX, FSTP ST(0).
  (x) =>
    [
      [0xde, 0xc1],
      [0xde, 0xc9],
      [0xde, 0xe9],
      [0xde, 0xf1],
      [0xde, 0xd9],
      [0xda, 0xe9],
      [0xdf, 0xe0],
      [0xdd, 0xd8],
    ][x & 7]!,
];

interface Program {
  readonly stack: readonly Extended[];
  readonly control: number;
  readonly memory: readonly bigint[];
  readonly code: readonly number[];
}
const program: fc.Arbitrary<Program> = fc.record({
  stack: fc.array(number, { minLength: 1, maxLength: 7 }),
  control: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0x037f) },
    { weight: 2, arbitrary: fc.constantFrom(0x027f, 0x007f, 0x017f) },
    { weight: 1, arbitrary: fc.constantFrom(0x0f7f, 0x077f, 0x0b7f, 0x0360, 0x0340) },
  ),
  memory: fc.array(
    fc.oneof(
      fc.bigInt({ min: 0n, max: 2n * TOP - 1n }),
      fc.double().map((value) => new BigUint64Array(Float64Array.of(value).buffer)[0]!),
      fc.float().map((value) => BigInt(new Uint32Array(Float32Array.of(value).buffer)[0]!)),
      fc.integer({ min: -70_000, max: 70_000 }).map((value) => BigInt.asUintN(64, BigInt(value))),
    ),
    { minLength: 8, maxLength: 8 },
  ),
  code: fc
    .array(fc.tuple(fc.nat(forms.length - 1), fc.nat(0xffff)), { minLength: 1, maxLength: 12 })
    .map((choices) => choices.flatMap(([form, x]) => [...forms[form]!(x)])),
});

function run({ vcpu, memory }: FlatMachine, { stack, control, memory: words, code }: Program): unknown {
  const { cpu } = vcpu;
  memory.write(CODE, Uint8Array.from([...code, 0xf4]));
  words.forEach((word, n) => {
    memory.writeU64(DATA + n * 16, word);
    memory.writeU64(DATA + n * 16 + 8, stack[n % stack.length]!.m ^ BigInt(n));
  });
  for (let n = 0; n < 16; n++) vcpu.writeRegister(n, 0n);
  vcpu.writeRegister(4, 0x38_0000n);
  vcpu.writeRegister(7, BigInt(DATA));
  vcpu.rflags = 2n;
  vcpu.rip = BigInt(CODE);
  const top = (8 - stack.length) & 7;
  let tags = 0;
  for (let n = 0; n < 8; n++) {
    const value = stack[n - top];
    cpu.set64(StateOffset.x87 + n * 16, value?.m ?? 0n);
    cpu.set64(StateOffset.x87 + n * 16 + 8, BigInt(value?.se ?? 0));
    if (value === undefined) tags |= 3 << (2 * n);
  }
  cpu.set16(StateOffset.fcw, control);
  cpu.set16(StateOffset.fsw, (top << 11) | 0x4700);
  cpu.set16(StateOffset.ftw, tags);
  for (const field of [StateOffset.fip, StateOffset.fdp] as const) cpu.set64(field, 0n);
  for (const field of [StateOffset.fop, StateOffset.fcs, StateOffset.fds] as const) cpu.set16(field, 0);
  vcpu.exceptionBitmap = -1;
  const since = vcpu.retired;
  const exit = vcpu.run(1000);
  const hex = (from: number, to: number): string =>
    Buffer.from(cpu.u8.slice(cpu.base + from, cpu.base + to)).toString("hex");
  return {
    reason: exit.reason,
    vector: exit.reason === "exception" ? exit.vector : -1,
    retired: vcpu.retired - since,
    rip: vcpu.rip,
    flags: vcpu.rflags,
    rax: vcpu.readRegister(0),
    x87: hex(StateOffset.x87, StateOffset.x87 + 128),
    control: hex(StateOffset.fcw, StateOffset.mxcsr),
    data: Buffer.from(memory.read(DATA, 128)!).toString("hex"),
  };
}

describe("[x86-vcpu] x87 on tier 1", () => {
  for (const bits of [64, 32] as const) {
    it(`does what the helpers do, ${bits}-bit code`, () => {
      const machines = Object.values(tiers).map((tier) => flatMachine(tier, bits));
      fc.assert(
        fc.property(fc.array(program, { minLength: 30, maxLength: 30 }), (programs) => {
          for (const one of programs) {
            const [zero, first] = machines.map((machine) => run(machine, one));
            expect(first, Buffer.from(one.code).toString("hex")).toEqual(zero);
          }
        }),
        { numRuns: Math.ceil(RUNS / 4), seed: SEED + bits },
      );
    });
  }
});
