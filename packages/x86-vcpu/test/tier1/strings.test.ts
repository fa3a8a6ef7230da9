/** REP MOVS and STOS on both tiers: memory, pointers, counter, and how many chunks they took. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FlatMachine, flatMachine, tiers, unmap } from "./flat-machine.ts";

const CODE = 0x20_0000;
const DATA = 0x30_0000;
const BYTES = 0x6000;
const RUNS = Number(process.env["HVM_FUZZ_RUNS"] ?? 100);
const SEED = Number(process.env["HVM_FUZZ_SEED"] ?? 0x564d_5868);

const place = fc.oneof(
  fc.nat(BYTES - 1),
  fc.nat(40).map((n) => 0x1000 - 20 + n),
  fc.nat(40).map((n) => 0x3000 - 20 + n),
);
const instruction = fc.record({
  opcode: fc.constantFrom(0xa4, 0xa5, 0xaa, 0xab),
  /** Operand size, address size, REX.W where there is one, REPNE for REP, a segment. */
  prefixes: fc.subarray([0x66, 0x67, 0x64]),
  wide: fc.boolean(),
  rep: fc.constantFrom(0xf3, 0xf2),
  from: place,
  distance: fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 8, 16, -1, -2, -4, -8), fc.integer({ min: -BYTES, max: BYTES })),
  count: fc.oneof(fc.nat(20), fc.nat(0x1800)),
  down: fc.boolean(),
  rax: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
});
type Case = typeof instruction extends fc.Arbitrary<infer T> ? T : never;

function run({ vcpu, memory }: FlatMachine, one: Case, bits: 64 | 32): unknown {
  const code = [...one.prefixes, one.rep, ...(bits === 64 && one.wide ? [0x48] : []), one.opcode, 0xf4];
  memory.write(CODE, Uint8Array.from(code));
  for (let n = 0; n < BYTES; n += 8) memory.writeU64(DATA + n, BigInt(n) * 0x0101_0101_0101_0107n);
  const to = Math.min(Math.max(one.from + one.distance, 0), BYTES - 1);
  for (let n = 0; n < 16; n++) vcpu.writeRegister(n, 0n);
  vcpu.writeRegister(0, bits === 64 ? one.rax : one.rax & 0xffff_ffffn);
  vcpu.writeRegister(1, BigInt(one.count));
  vcpu.writeRegister(6, BigInt(DATA + one.from));
  vcpu.writeRegister(7, BigInt(DATA + to));
  vcpu.rflags = one.down ? 0x402n : 2n;
  vcpu.rip = BigInt(CODE);
  vcpu.exceptionBitmap = -1;
  const since = vcpu.retired;
  const exit = vcpu.run(0x2000);
  return {
    reason: exit.reason,
    vector: exit.reason === "exception" ? exit.vector : -1,
    retired: vcpu.retired - since,
    rip: vcpu.rip,
    registers: [0, 1, 6, 7].map((n) => vcpu.readRegister(n)),
    data: Buffer.from(memory.read(DATA, BYTES)!).toString("hex"),
  };
}

describe("[x86-vcpu] REP MOVS and STOS on tier 1", () => {
  for (const bits of [64, 32] as const) {
    it(`do what the helpers do, ${bits}-bit code`, () => {
      const machines = Object.values(tiers).map((tier) => flatMachine(tier, bits));
      // A page in the middle of the data is missing.
      if (bits === 64) for (const machine of machines) unmap(machine, DATA + 0x4000);
      fc.assert(
        fc.property(instruction, (one) => {
          const [zero, first] = machines.map((machine) => run(machine, one, bits));
          expect(first).toEqual(zero);
        }),
        { numRuns: RUNS, seed: SEED + bits },
      );
    });
  }
});
