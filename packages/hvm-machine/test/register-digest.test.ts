import fc from "fast-check";
import { digestOf } from "hvm-domain";
import { describe, expect, it } from "vitest";
import { createMachine } from "../src/index.ts";

describe("[hvm-machine] the digest of a processor's registers", () => {
  const [vcpu] = createMachine({ memory: 2 }).vcpus;
  const digest = vcpu!.registerDigest!;
  const take = (registers: readonly bigint[], rip: bigint, retired = 0): bigint => {
    for (const [index, value] of registers.entries()) vcpu!.writeRegister(index, value);
    vcpu!.rip = rip;
    vcpu!.cpu.retired = retired;
    digest.update();
    return (BigInt(digest.words[1]! >>> 0) << 32n) | BigInt(digest.words[0]! >>> 0);
  };
  const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const registers = fc.array(word, { minLength: 16, maxLength: 16 });

  it("is in WebAssembly what the domain makes of them itself", () => {
    const count = fc.maxSafeNat();
    fc.assert(
      fc.property(registers, word, count, (values, rip, retired) => {
        return take(values, rip, retired) === digestOf(values, rip, retired);
      }),
    );
  });

  it("tells apart what differs in one bit, and what has changed places", () => {
    const change = fc.record({ at: fc.nat({ max: 16 }), bit: fc.nat({ max: 63 }) });
    fc.assert(
      fc.property(registers, word, change, (values, rip, { at, bit }) => {
        const other = values.map((value, index) => (index === at ? value ^ (1n << BigInt(bit)) : value));
        const otherRip = at === 16 ? rip ^ (1n << BigInt(bit)) : rip;
        return take(values, rip) !== take(other, otherRip);
      }),
    );
    fc.assert(
      fc.property(
        registers,
        fc.nat(),
        (values, retired) => take(values, 0n, retired) !== take(values, 0n, retired + 1),
      ),
    );
    const ascending = Array.from({ length: 16 }, (_, index) => BigInt(index));
    const swapped = ascending.with(3, 5n).with(5, 3n);
    expect(take(swapped, 0n)).not.toBe(take(ascending, 0n));
  });
});
