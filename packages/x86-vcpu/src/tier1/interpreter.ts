/**
 * Generates tier 1's WebAssembly module: one main function with a br_table over the hot record ops, and one small
 * function for each of the others, reached through the module's own table.
 *
 * The main function must stay below about 36 KB: above that V8 11 compiles it with its cheap register allocator, which
 * costs 14 to 33 % (measured), and every byte lengthens the first tenth of a second, which runs unoptimised.
 */
import { StateOffset } from "../state-layout.ts";
import { EventOutcome, eventFunctions } from "./events.ts";
import { ioExits } from "./io-exit.ts";
import { checkIoFunction } from "./io-permission.ts";
import { Emit, type Layout } from "./ops/emit.ts";
import { missedLoad, missedStore } from "./ops/guarded.ts";
import { hotOpCount, recordOps } from "./ops/index.ts";
import { Control, Field, RESUME_WITH_FAULT, Reason, Resume } from "./record.ts";
import { registerDigest } from "./register-digest.ts";
import type { Label } from "./wasm/function-builder.ts";
import { ModuleBuilder } from "./wasm/module-builder.ts";
import { x87Functions } from "./x87/functions.ts";

/** What the module imports from `tier1`, beside the memory. All give 0 to go on unless said otherwise. */
export interface InterpreterImports {
  /** Linear address in two halves; gives the host address of the data, or 0 to stop. */
  slowLoad(pc: number, budget: number, low: number, high: number): number;
  /** The value is at Control.scratch. */
  slowStore(pc: number, budget: number, low: number, high: number): number;
  /** 0 to go on, 1 to stop. */
  script(pc: number, budget: number): number;
  /** IN or OUT in its form (see `ioForm`). 0 to go on; counts and RIP are exact. */
  io(form: number, port: number): number;
  /** IN or OUT at a port that the TSS does not permit; the same. */
  refuseIo(): number;
  /** why: see `Resume`. Gives the budget with which to go on at RIP, −1 to stop, or `RESUME_WITH_FAULT`. */
  resume(pc: number, budget: number, why: number): number;
}

export interface InterpreterModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes of the main function's body. */
  readonly mainBytes: number;
}

export function generateInterpreter(layout: Layout): InterpreterModule {
  const module = new ModuleBuilder();
  module.importMemory("tier1", "memory");
  const i32x4 = ["i32", "i32", "i32", "i32"] as const;
  const importedLoad = module.importFunction("tier1", "slowLoad", i32x4, ["i32"]);
  const importedStore = module.importFunction("tier1", "slowStore", i32x4, ["i32"]);
  const script = module.importFunction("tier1", "script", ["i32", "i32"], ["i32"]);
  const io = module.importFunction("tier1", "io", ["i32", "i32"], ["i32"]);
  const refuseIo = module.importFunction("tier1", "refuseIo", [], ["i32"]);
  const resume = module.importFunction("tier1", "resume", ["i32", "i32", "i32"], ["i32"]);

  const splitting = (target: number): number => {
    const { index, body } = module.function(["i32", "i32", "i64"], ["i32"]);
    body.get(0).get(1).get(2).op("i32WrapI64").get(2).i64(32).op("i64ShrU", "i32WrapI64").call(target);
    return index;
  };
  const slowLoad = splitting(importedLoad);
  const slowStore = splitting(importedStore);
  const exits = ioExits(module, layout, io, refuseIo);
  const callees = {
    slowLoad,
    slowStore,
    missedLoad: missedLoad(module, layout, slowLoad),
    missedStore: missedStore(module, layout, slowStore),
    script,
    checkIo: checkIoFunction(module, layout, { script, refused: exits.refused }),
    io: exits.done,
    x87: x87Functions(module, layout),
    events: eventFunctions(module, layout),
  };

  const rareType = module.type(["i32", "i32"], ["i32"]);
  const rare = recordOps.slice(hotOpCount).map((op) => {
    const { index, body } = module.function(["i32", "i32"], ["i32"]);
    op.emit(new Emit(body, layout, callees, false));
    body.i32(op.skip ?? 0);
    return index;
  });
  module.table(rare);

  const main = module.function(["i32", "i32"], ["i32"], 1 << 16);
  writeMain(new Emit(main.body, layout, callees, true), rareType, resume);
  module.export("run", main.index);
  module.export("digestRegisters", registerDigest(module, layout.state));
  return { bytes: module.finish(), mainBytes: main.body.size };
}

function writeMain(e: Emit, rareType: number, resume: number): void {
  const { f, pc, budget } = e;
  const leaveWith = (reason: number): void => {
    e.setControl("i32Store", Control.pc, () => f.get(pc));
    e.setControl("i32Store", Control.budget, () => f.get(budget));
    f.i32(reason).op("return");
  };
  e.loadTables();

  // Each round enters the block at pc; records go round in the inner loop.
  const enter = f.loop();
  const jump = f.block();
  const callOut = f.block();
  const leave = f.block();
  const stop = f.block();
  const spent = f.block();
  f.get(budget).get(pc).access("i32Load16U", Field.d).op("i32Sub").tee(budget).i32(0).op("i32LtS").brIf(spent);
  const follow = f.block();
  const next = f.loop();
  const hot = recordOps.slice(0, hotOpCount);
  const rareLabel = f.block();
  const labels: Label[] = new Array<Label>(hotOpCount).fill(0);
  for (let number = hotOpCount - 1; number >= 0; number--) labels[number] = f.block();
  f.get(pc).i32(16).op("i32Add").tee(pc).access("i32Load16U", Field.op).brTable(labels, rareLabel);
  f.end();
  const within = e.within({ next, follow, jump, stop, leave, callOut });
  for (const op of hot) {
    op.emit(within);
    f.br(next);
    f.end();
  }
  f.get(pc).get(budget).get(pc).access("i32Load16U", Field.op).i32(hotOpCount).op("i32Sub").callIndirect(rareType);
  // 0 to go on, 1 to stop, else the bytes of operand records to go past.
  f.tee(e.x).i32(1).op("i32Eq").brIf(stop);
  f.get(pc).get(e.x).op("i32Add").set(pc).br(next);
  f.end(); // next
  f.op("unreachable");
  f.end(); // follow
  f.get(e.edge).access("i32Load").set(pc).br(enter);
  f.end(); // spent
  f.get(budget).get(pc).access("i32Load16U", Field.d).op("i32Add").set(budget);
  leaveWith(Reason.Budget);
  f.end(); // stop
  f.i32(Resume.Stopped).set(e.x).br(callOut);
  f.end(); // leave
  f.i32(Resume.Leave).set(e.x);
  f.end(); // callOut
  const callResume = (): void => void f.get(pc).get(budget).get(e.x).call(resume).set(budget);
  callResume();
  f.get(budget).i32(RESUME_WITH_FAULT).op("i32Eq");
  f.if();
  e.control("i32Load", Control.budget).f.set(budget);
  e.state("i32Load", StateOffset.modeKey).f.i32(2).op("i32And");
  f.if("i32");
  f.i32(0).call(e.callees.events.fault64);
  f.else();
  f.i32(0).call(e.callees.events.fault32);
  f.end();
  f.tee(e.x).i32(EventOutcome.Done).op("i32Ne");
  f.if();
  f.i32(Resume.Half).i32(Resume.NotQuick).get(e.x).op("select").set(e.x);
  callResume();
  f.end();
  f.end();
  f.get(budget).i32(0).op("i32LtS");
  f.if();
  f.i32(Reason.Stop).op("return");
  f.end();
  e.loadTables();
  e.state("i64Load", StateOffset.rip).f.set(e.X);
  f.end(); // jump
  e.lookupJump(enter);
  e.setControl("i64Store", Control.target, () => f.get(e.X));
  leaveWith(Reason.Jump);
  f.end(); // enter
  f.op("unreachable");
}
