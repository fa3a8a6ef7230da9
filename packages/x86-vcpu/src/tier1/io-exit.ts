import { StateOffset } from "../state-layout.ts";
import type { Layout } from "./ops/emit.ts";
import { Control, Field } from "./record.ts";
import { writeRegisterDigest } from "./register-digest.ts";
import type { FunctionBuilder } from "./wasm/function-builder.ts";
import type { ModuleBuilder } from "./wasm/module-builder.ts";

const [PC, BUDGET] = [0, 1];

export interface IoExits {
  /** (address of an `io` record, budget) → 0 to go on: an IN or OUT that is permitted, */
  readonly done: number;
  /** and one that is not. */
  readonly refused: number;
}

export function ioExits(module: ModuleBuilder, layout: Layout, io: number, refuseIo: number): IoExits {
  const done = ioExit(module, layout, (f) => {
    f.get(PC).access("i32Load", 16 + Field.imm);
    f.get(PC).access("i32Load16U", Field.a).access("i32Load16U", layout.state);
    f.call(io);
  });
  return { done, refused: ioExit(module, layout, (f) => void f.call(refuseIo)) };
}

/**
 * What is to be done before and behind the call of TypeScript at an IN or OUT, the last instruction of its block. Before: counts, RIP and length
 * exact, and the digest of the registers. Behind: is the instruction's successor what comes next, as if nobody had looked?
 */
function ioExit(module: ModuleBuilder, { state, control }: Layout, call: (f: FunctionBuilder) => void): number {
  const { index, body: f } = module.function(["i32", "i32"], ["i32"]);
  const left = f.local("i64");
  const rip = f.local("i64");
  // The block is paid for, so this instruction is not among what is left.
  f.get(BUDGET)
    .i32(0)
    .access("i32Load", control + Control.parked);
  f.op("i32Add").i32(1).op("i32Add", "i64ExtendI32S").set(left);
  f.i32(0)
    .i32(0)
    .access("i64Load", control + Control.end);
  f.get(left)
    .op("i64Sub")
    .access("i64Store", state + StateOffset.retired);
  f.i32(0)
    .i32(0)
    .access("i64Load", control + Control.beyond);
  f.get(left)
    .op("i64Add")
    .access("i64Store", state + StateOffset.budget);
  f.i32(0).get(PC).access("i64Load", Field.imm).tee(rip);
  f.access("i64Store", state + StateOffset.rip);
  f.i32(0).get(PC).access("i32Load16U", Field.d);
  f.access("i32Store", state + StateOffset.instructionLength);
  writeRegisterDigest(f, state);

  call(f);
  f.i32(0).access("i32Load", state + StateOffset.attention);
  f.op("i32Or");
  // In code that is not 64-bit, RIP wraps at 4 GiB; what wraps leaves.
  f.i32(0).access("i64Load", state + StateOffset.rip);
  f.get(rip).get(PC).access("i64Load16U", Field.d);
  f.op("i64Add", "i64Ne").op("i32Or");
  f.i32(0).op("i32Ne");
  return index;
}
