/**
 * Accesses through segments of chance (base, limit, type, granularity, unusable) near their limits, outside 64-bit code: tier 0 and
 * tier 1 do the same, fault the same and end in the same state. HVM_FUZZ_SEED, HVM_FUZZ_RUNS.
 */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FlatMachine, flatMachine, tiers } from "./flat-machine.ts";

const CODE = 0x20_0000;
const env = process.env;
const runs = Number(env["HVM_FUZZ_RUNS"] ?? 40);
const seed = env["HVM_FUZZ_SEED"] === undefined ? {} : { seed: Number(env["HVM_FUZZ_SEED"]) };
const names = ["es", "ss", "ds", "fs"] as const;

interface Segment {
  readonly base: number;
  readonly limit: number;
  readonly type: number;
  readonly big: boolean;
  readonly broken: number;
}
const segment: fc.Arbitrary<Segment> = fc.record({
  base: fc.constantFrom(0, 0x30_0000, 0x30_0ffc, 0xffff_f000),
  limit: fc.constantFrom(0, 3, 0x7f, 0xfff, 0x1003, 0xffff, 0xffff_ffff),
  // Data: read-only, writable, expand-down, both; code: execute-only, readable.
  type: fc.constantFrom(1, 3, 3, 3, 5, 7, 9, 11),
  big: fc.boolean(),
  broken: fc.constantFrom(0, 0, 0, 0, 1 << 16, 1 << 7),
});
const prefixes = [[], [], [], [0x26], [0x36], [0x3e], [0x64], [0x2e]];
const bodies = [
  [0x8b, 0x07], // mov eax, [edi] (16-bit: [bx])
  [0x89, 0x07],
  [0x88, 0x07],
  [0x01, 0x07], // add
  [0x66, 0x29, 0x07],
  [0x0f, 0xb6, 0x07], // movzx
  [0x0f, 0xbf, 0x07], // movsx
  [0xff, 0x07], // inc
  [0xff, 0x37], // push
  [0x8f, 0x07], // pop
  [0x50],
  [0x66, 0x5a],
  [0xc6, 0x07, 0x5a],
  [0x8b, 0x45, 0xfe], // by ebp: SS
  [0x89, 0x45, 0x02],
  [0x0f, 0x10, 0x07], // movups, movaps
  [0x0f, 0x29, 0x07],
  [0xa4],
  [0xab],
  [0xac],
  [0x0f, 0xc7, 0x0f], // cmpxchg8b
  [0xe8, 0, 0, 0, 0],
] as const;
const access = fc.record({
  prefix: fc.nat(prefixes.length - 1),
  body: fc.nat(bodies.length - 1),
  operand16: fc.boolean(),
});
const near = fc.tuple(fc.nat(7), fc.integer({ min: -20, max: 4 }));
const edges = [0, 3, 0x7f, 0xfff, 0x1003, 0xffff, 0x1_0000, 0x1_0010];

describe("[x86-vcpu] accesses through segments", () => {
  for (const bits of [16, 32] as const) {
    const machines = Object.values(tiers).map((createTier) => flatMachine(createTier, bits));
    const execute = (
      { vcpu, memory }: FlatMachine,
      real: boolean,
      segments: readonly Segment[],
      bytes: readonly number[],
      registers: readonly number[],
    ): unknown => {
      const ram = memory.hostOffset(0);
      memory.fill(0x30_0000, 0x2_0000, 0x11);
      memory.fill(0, 0x4000, 0x22);
      const at = bits === 16 ? 0x8000 : CODE;
      memory.write(at, Uint8Array.from(bytes));
      vcpu.writeControl("cr0", real ? 0x32n : 0x33n);
      vcpu.writeControl("cr4", 0x600n);
      for (const [n, { base, limit, type, big, broken }] of segments.entries()) {
        const attributes = ((type | 0x90 | (big ? 0x4000 : 0)) ^ (broken & 0x80)) | (broken & 0x1_0000);
        vcpu.setSegment(names[n]!, { selector: 0x10, base: BigInt(base), limit, attributes });
      }
      const code = { selector: 8, base: 0n, limit: 0xffff_ffff, attributes: bits === 16 ? 0x9b : 0xc09b };
      vcpu.setSegment("cs", code);
      vcpu.cpl = 0;
      vcpu.rip = BigInt(at);
      vcpu.rflags = 2n;
      vcpu.exceptionBitmap = 0xffff_ffff;
      for (let n = 0; n < 8; n++) vcpu.writeRegister(n, BigInt(registers[n]!));
      const { reason, vector, errorCode } = vcpu.run(40);
      const state = Array.from({ length: 8 }, (_, n) => vcpu.readRegister(n));
      return [
        [reason, reason === "exception" ? [vector, errorCode] : [], vcpu.rip, vcpu.rflags, state],
        createHash("sha1")
          .update(memory.bytes.subarray(ram, ram + 0x32_0000))
          .digest("hex"),
      ];
    };
    it(`do and fault alike on both tiers, ${bits}-bit code`, { timeout: 600_000 }, () => {
      fc.assert(
        fc.property(
          fc.boolean(),
          fc.array(segment, { minLength: 4, maxLength: 4 }),
          fc.array(access, { minLength: 1, maxLength: 12 }),
          fc.array(near, { minLength: 8, maxLength: 8 }),
          (real, segments, accesses, values) => {
            const code = accesses.flatMap(({ prefix, body, operand16 }) => [
              ...prefixes[prefix]!,
              ...(operand16 ? [0x66] : []),
              ...bodies[body]!,
            ]);
            const registers = values.map(([edge, delta]) => Math.max(0, edges[edge]! + delta));
            // Twice: then the pages are in the TLB.
            for (let round = 0; round < 2; round++) {
              const [first, second] = machines.map((machine) =>
                execute(machine, real && bits === 16, segments, [...code, 0xf4], registers),
              );
              expect(second).toEqual(first);
            }
          },
        ),
        { numRuns: runs, ...seed },
      );
    });
  }
});
