/** Every lane-wise operation in plain TypeScript: the reference, and what tier 1 calls for operations it has no code for. */
import { type SimdOpName, simdOpNames } from "x86-lift";
import type { Cpu } from "../../cpu.ts";
import { arithmetic } from "./arithmetic.ts";
import { compare } from "./compare.ts";
import type { SimdEvaluator } from "./lanes.ts";
import { logic } from "./logic.ts";
import { multiply } from "./multiply.ts";
import { shift } from "./shift.ts";
import { shuffle } from "./shuffle.ts";

const byName: Record<SimdOpName, SimdEvaluator> = {
  ...logic,
  ...arithmetic,
  ...multiply,
  ...compare,
  ...shift,
  ...shuffle,
};

/** By the number that `simd` rows carry. */
export const simdEvaluators: readonly SimdEvaluator[] = simdOpNames.map((name) => byName[name]);
export type { SimdEvaluator };

/** Evaluates operation number `op` on slots. See {@link SimdEvaluator}. */
export function evaluateSimd(cpu: Cpu, op: number, a: number, b: number, c: number, imm: number, result: number): void {
  simdEvaluators[op]!(cpu, a, b, c, imm, result);
}
