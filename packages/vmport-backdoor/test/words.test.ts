import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDebugLog } from "vmport-debug-log";
import {
  type BackdoorEvent,
  type BackdoorHost,
  type BackdoorRegisters,
  createBackdoor,
  createHost,
  defaultCommands,
  personalities,
} from "../src/index.ts";
import { PlainRegisters } from "./plain-registers.ts";

const MAGIC = 0x564d_5868;
const BALLOON_MAGIC = 0x456c_6d6f;

/** The same registers with a view of their words, as an emulator's memory gives it. */
class WordRegisters implements BackdoorRegisters {
  readonly whole: BigUint64Array;
  readonly words: Uint32Array;
  readonly ripWords = Uint32Array.of(0x40_1000, 0);
  readonly rip = 0x40_1000n;
  readonly vcpuId = 0;
  readonly cpl: number;

  constructor({ values, cpl }: PlainRegisters) {
    this.whole = BigUint64Array.from(values);
    this.words = new Uint32Array(this.whole.buffer);
    this.cpl = cpl;
  }

  readRegister32(index: number): number {
    return this.words[2 * index] as number;
  }

  writeRegister32(index: number, value: number): void {
    this.words[2 * index] = value;
  }

  readRegister64(index: number): bigint {
    return this.whole[index] as bigint;
  }

  writeRegister64(index: number, value: bigint): void {
    this.whole[index] = value;
  }
}

const word = fc.oneof(
  fc.constantFrom(0n, 1n, MAGIC, 0xffff_ffff, 0x8000_0000, 0x4541_4552).map(BigInt),
  fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
);
const call = fc.record({
  rax: fc.oneof(
    { weight: 6, arbitrary: fc.constant(MAGIC) },
    { weight: 1, arbitrary: fc.constant(BALLOON_MAGIC) },
    word,
  ),
  rcx: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...defaultCommands.map(({ number }) => number)) },
    { weight: 1, arbitrary: word },
    { weight: 1, arbitrary: fc.nat(120) },
  ),
  rdx: word,
  rbx: word,
  rsi: word,
  rdi: word,
  rbp: word,
});
const access = fc.record({
  call,
  cpl: fc.constantFrom(0, 3),
  direction: fc.constantFrom("in" as const, "out" as const),
  size: fc.constantFrom(1 as const, 2 as const, 4 as const, 4 as const),
  port: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0x5658) },
    { weight: 1, arbitrary: fc.constantFrom(0x5659, 0x565b, 0x565c, 0x5670) },
  ),
});

/** All that can be seen of a run: registers and results, what observers and the log are told. */
function play(
  personality: (typeof personalities)[number],
  accesses: readonly (typeof access extends fc.Arbitrary<infer A> ? A : never)[],
  wrap: (plain: PlainRegisters) => { registers: BackdoorRegisters; values: ArrayLike<bigint> },
  host: BackdoorHost,
): unknown[] {
  const events: BackdoorEvent[] = [];
  const log = createDebugLog({ mask: 0xff });
  const message = {
    message: (frame: { ebx: number; ecx: number; esi: number }) => {
      frame.ecx = frame.ebx;
      frame.esi = 0x1_0000;
    },
    highBandwidth: () => true,
  };
  const seen: unknown[] = [];
  for (const listens of [false, true]) {
    const backdoor = createBackdoor({ personality, host, message, ...(listens && { log }) });
    if (listens) backdoor.observe((event) => events.push(event));
    for (const { call: values, cpl, direction, port, size } of accesses) {
      const wrapped = wrap(new PlainRegisters(values, cpl));
      seen.push(backdoor.access(direction, port, size, wrapped.registers), Array.from(wrapped.values));
    }
  }
  expect(seen.slice(seen.length / 2)).toEqual(seen.slice(0, seen.length / 2));
  return [seen, events, log.records()];
}

describe("[vmport-backdoor] registers that show their words", () => {
  it.each(personalities.map((one) => [one.name, one] as const))(
    "%s: the same answers, events and records, listened to or not",
    (_name, personality) => {
      fc.assert(
        fc.property(fc.array(access, { maxLength: 30 }), fc.maxSafeNat(), (accesses, atNs) => {
          const plain = play(
            personality,
            accesses,
            (registers) => ({ registers, values: registers.values }),
            createHost({ uptimeNs: () => BigInt(atNs) }),
          );
          const worded = play(
            personality,
            accesses,
            (from) => {
              const registers = new WordRegisters(from);
              return { registers, values: registers.whole };
            },
            createHost({ uptimeNs: () => BigInt(atNs), uptimeNumber: () => (atNs > 2 ** 52 ? Number.NaN : atNs) }),
          );
          expect(worded).toEqual(plain);
        }),
        { numRuns: 60 },
      );
    },
  );
});
