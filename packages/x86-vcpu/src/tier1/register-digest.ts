import { StateOffset } from "../state-layout.ts";
import type { Layout } from "./ops/emit.ts";
import type { ModuleBuilder } from "./wasm/module-builder.ts";

const GENERAL_REGISTERS = 16;
/** 2^64 divided by the golden ratio; odd, so that a multiplication loses nothing. */
const MULTIPLIER = 0x9e37_79b9_7f4a_7c15n;
const ROTATION = 29;
const I64_TRUNC_F64_U = 0xb1;

/**
 * The function behind `Vcpu.registerDigest`: (low, high, retired) → nothing. Two lanes side by side: one begins with the seed `high:low` and takes
 * the even registers and RIP, the other begins with `retired` and takes the odd ones; each word by exclusive or, multiplication, rotation (after
 * xxHash). The result is their sum, the second lane turned by half; for given registers it maps seeds one to one.
 */
export function digestRegisters(module: ModuleBuilder, { state }: Pick<Layout, "state">): number {
  const { index, body: f } = module.function(["i32", "i32", "f64"], []);
  const lanes = [f.local("i64"), f.local("i64")] as const;
  const add = (lane: number, offset: number): void => {
    f.get(lane)
      .i32(0)
      .access("i64Load", state + offset)
      .op("i64Xor");
    f.i64(BigInt.asIntN(64, MULTIPLIER)).op("i64Mul").i64(ROTATION).op("i64Rotl").set(lane);
  };
  f.get(1).op("i64ExtendI32U").i64(32).op("i64Shl").get(0).op("i64ExtendI32U", "i64Or").set(lanes[0]);
  f.get(2).raw(I64_TRUNC_F64_U).set(lanes[1]);
  for (let n = 0; n < GENERAL_REGISTERS; n++) add(lanes[(n & 1) as 0 | 1], StateOffset.gpr + n * 8);
  add(lanes[0], StateOffset.rip);
  f.i32(0)
    .get(lanes[0])
    .get(lanes[1])
    .i64(32)
    .op("i64Rotl", "i64Add")
    .access("i64Store", state + StateOffset.digest);
  return index;
}
