/**
 * A guest that tries everything. HVM_FUZZ_CALLS sets how many calls each personality gets; the default keeps the suite quick.
 */
import { IoResult, type IoSize } from "portio-bus";
import { describe, expect, it } from "vitest";
import { type ByteTransfer, createBackdoor, createHost, personalities } from "../src/index.ts";
import { PlainRegisters } from "./plain-registers.ts";

const CALLS = Number(process.env["HVM_FUZZ_CALLS"] ?? 6_000);

/** xorshift32: the same calls in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

describe.each(personalities.map((personality) => [personality.name, personality] as const))(
  "[vmport-backdoor] hostile guest under %s",
  (_name, personality) => {
    it(`${CALLS} random calls: no exception, RSP untouched, bounded state`, () => {
      const next = numbers(0x1234_5678);
      const pick = <T>(...values: T[]): T => values[next() % values.length] as T;
      const message = {
        message(frame: { ecx: number }) {
          frame.ecx = 0;
        },
        highBandwidth: (_direction: "in" | "out", frame: { ebx: number }, transfer: ByteTransfer) => {
          frame.ebx = 0;
          return transfer.length > 8 || transfer.read() !== undefined;
        },
      };
      const backdoor = createBackdoor({
        personality: { ...personality, hypercall: true },
        host: createHost({
          devices: [{ name: "x", uniqueId: 1, connected: true }],
          setStealClock: () => next() % 2 === 0,
        }),
        message,
      });
      const registers = new PlainRegisters({});
      const memory = {
        read: (i: number) => (i === 5 ? undefined : i & 0xff),
        canWrite: (i: number) => i !== 6,
        write: () => {},
      };
      for (let i = 0; i < CALLS; i++) {
        for (let r = 0; r < 8; r++)
          registers.values[r] = (BigInt(next()) << 32n) | BigInt(pick(next(), next() & 0xff, 0, 0xffff_ffff, 1));
        registers.values[0] = BigInt(pick(0x564d_5868, 0x564d_5868, 0x564d_5868, 0x456c_6d6f, next()));
        registers.values[1] =
          (BigInt(next()) << 32n) | BigInt(pick(next() % 110, (next() & 0xffff_0000) + (next() % 110), next()) >>> 0);
        registers.cpl = next() % 4;
        const rsp = registers.values[4];
        const kind = next() % 8;
        if (kind === 6) {
          const addressBits = pick(16, 32, 64) as 16 | 32 | 64;
          backdoor.highBandwidth({
            direction: pick("in", "out"),
            size: pick(1, 2, 4),
            rep: next() % 2 === 0,
            addressBits,
            df: next() % 2 === 0,
            memory,
            registers,
          });
        } else if (kind === 7) {
          backdoor.hypercall(registers, () => memory);
        } else {
          const port = pick(0x5658, 0x5658, 0x5658, 0x5659, 0x565b, 0x5670, next() & 0xffff);
          const result = backdoor.access(pick("in", "out"), port, pick(1, 2, 4) as IoSize, registers);
          expect(result === IoResult.Okay || result === IoResult.Unhandled).toBe(true);
        }
        if (registers.values[4] !== rsp) throw new Error("RSP changed");
        if (next() % 64 === 0) backdoor.pointer.push({ x: next(), y: next(), z: next(), buttons: next() });
      }
      expect(JSON.stringify(backdoor.save()).length).toBeLessThan(16_384);
    });
  },
);
