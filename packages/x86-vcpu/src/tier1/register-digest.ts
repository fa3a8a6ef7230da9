import { StateOffset } from "../state-layout.ts";
import type { FunctionBuilder } from "./wasm/function-builder.ts";
import type { ModuleBuilder } from "./wasm/module-builder.ts";

const GENERAL_REGISTERS = 16;
const LANES = 4;
/** 2^64 divided by the golden ratio; odd, so that a multiplication loses nothing. */
const MULTIPLIER = 0x9e37_79b9_7f4a_7c15n;
const ROTATION = 29;

/**
 * What `Vcpu.registerDigest` has, of the state block at `state`: four lanes side by side, each begun with its number and fed with every fourth
 * register, the first with RIP and the second with `retired` too; each word by exclusive or, multiplication, rotation (after xxHash). The result is
 * their sum, each turned by 16 bits more than the one before.
 */
export function writeRegisterDigest(f: FunctionBuilder, state: number): void {
  const lanes = Array.from({ length: LANES }, () => f.local("i64"));
  const add = (lane: number, offset: number): void => {
    f.get(lanes[lane]!)
      .i32(0)
      .access("i64Load", state + offset)
      .op("i64Xor");
    f.i64(BigInt.asIntN(64, MULTIPLIER)).op("i64Mul").i64(ROTATION).op("i64Rotl").set(lanes[lane]!);
  };
  for (const [number, lane] of lanes.entries()) f.i64(number).set(lane);
  for (let n = 0; n < GENERAL_REGISTERS; n++) add(n % LANES, StateOffset.gpr + n * 8);
  add(0, StateOffset.rip);
  add(1, StateOffset.retired);
  f.i32(0);
  for (const [number, lane] of lanes.entries()) {
    f.get(lane);
    if (number > 0)
      f.i64(number * (64 / LANES))
        .op("i64Rotl")
        .op("i64Add");
  }
  f.access("i64Store", state + StateOffset.digest);
}

/** The same as a function. */
export function registerDigest(module: ModuleBuilder, state: number): number {
  const { index, body } = module.function([], []);
  writeRegisterDigest(body, state);
  return index;
}
