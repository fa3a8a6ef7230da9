/**
 * The transcendental x87 instructions raise the flags of a processor and stay within one unit in the last place of its
 * results. (Processors of different makers differ in last bits. Ours are the correctly rounded ones: see
 * `transcendental-reference.test.ts`.)
 */
import { describe, expect, it } from "vitest";
import * as sf from "../src/index.ts";
import { readVectors, toHex } from "./vectors.ts";

const { C2 } = sf.Condition;
const ctx = sf.createFloatContext();
const a = sf.createF80();
const b = sf.createF80();
const first = sf.createF80();
const second = sf.createF80();

/** Results in the order in which the instruction leaves them on the stack, top first. */
const operations: { readonly [name: string]: () => void } = {
  f2xm1: () => sf.f80Exp2Minus1(ctx, first, a),
  fyl2x: () => sf.f80Log2(ctx, first, a, b),
  fyl2xp1: () => sf.f80Log2Plus1(ctx, first, a, b),
  fpatan: () => sf.f80Atan(ctx, first, a, b),
  fsin: () => sf.f80Sin(ctx, first, a),
  fcos: () => sf.f80Cos(ctx, first, a),
  fsincos: () => sf.f80SinCos(ctx, second, first, a),
  fptan: () => sf.f80Tan(ctx, second, first, a),
};

/** Numbers of one sign as consecutive integers, denormals included. */
const ordinal = (bits: bigint): bigint => ((bits >> 64n) & 0x7fffn) * (1n << 63n) + (bits & ((1n << 63n) - 1n));

function ulpsApart(x: bigint, y: bigint): number {
  if (x >> 79n !== y >> 79n) return Number.POSITIVE_INFINITY;
  return Math.abs(Number(ordinal(x) - ordinal(y)));
}

const groups = readVectors(
  process.env["SOFTFLOAT_TRANSCENDENTAL_VECTORS"] ?? new URL("vectors/transcendental.txt", import.meta.url),
);

describe("transcendental instructions against a processor", () => {
  for (const name of new Set(groups.map((group) => group.name))) {
    it(name, () => {
      let count = 0;
      let equal = 0;
      for (const group of groups) {
        if (group.name !== name) continue;
        for (const record of group.records) {
          sf.loadControlWord(ctx, group.control);
          sf.readF80(a, record.inputs[0]!, 0);
          if (record.inputs[1]) sf.readF80(b, record.inputs[1], 0);
          operations[name]!();
          const about = `${name} fcw ${group.control.toString(16)} (${record.inputs.map(toHex).join(", ")})`;
          const status = ctx.flags | (ctx.conditions & C2);
          expect(status, `${about} status`).toBe(record.status & (0x3f | C2));
          // Stopped, or out of range: nothing was written.
          if ((sf.unmaskedExceptions(ctx) & 7) !== 0 || (status & C2) !== 0) continue;
          for (const [i, ours] of [first, second].slice(0, record.outputs.length).entries()) {
            const theirs = BigInt(`0x${toHex(record.outputs[i]!)}`);
            const distance = ulpsApart(sf.f80ToBits(ours), theirs);
            count += 1;
            if (distance === 0) equal += 1;
            expect(distance, `${about} result ${i}`).toBeLessThanOrEqual(1);
          }
        }
      }
      expect(count).toBeGreaterThan(100);
      expect(equal / count).toBeGreaterThan(0.9);
    });
  }
});
