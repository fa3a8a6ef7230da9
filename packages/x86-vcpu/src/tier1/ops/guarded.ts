/**
 * Stores into pages that hold predecoded code, where no store can be inline: the TLB's guarded entries translate them, and
 * a store that touches no code line is made here. All else, code lines too, is TypeScript's.
 */
import { MemoryFlag } from "x86-lift";
import { StateOffset } from "../../state-layout.ts";
import { Control, Field } from "../record.ts";
import type { FunctionBuilder, Label } from "../wasm/function-builder.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import type { Layout } from "./emit.ts";

const [PC, BUDGET, LINEAR] = [0, 1, 2];

/** Sets `word` to the record's memory word, `entry` to the entry for writing; leaves to `slow` unless that is guarded and the access fits. */
function findGuarded(f: FunctionBuilder, layout: Layout, word: number, entry: number, slow: Label): void {
  f.get(PC).access("i32Load", Field.t).set(word);
  f.get(LINEAR).i64(12).op("i64ShrU").get(LINEAR).i64(24).op("i64ShrU", "i64Add", "i32WrapI64");
  f.i32(0xfff).op("i32And").i32(4).op("i32Shl");
  f.i32(0)
    .access("i32Load", layout.state + StateOffset.tlbWrite)
    .op("i32Add")
    .tee(entry)
    .access("i64Load");
  f.get(LINEAR);
  bytesOf(f, word).op("i64ExtendI32U", "i64Add").i64(1).op("i64Sub").i64(-4096).op("i64And").i64(1).op("i64Or");
  f.op("i64Ne").brIf(slow);
  f.get(word)
    .i32(MemoryFlag.Aligned << 12)
    .op("i32And")
    .brIf(slow);
}

const bytesOf = (f: FunctionBuilder, word: number): FunctionBuilder =>
  f.get(word).i32(20).op("i32ShrU").i32(31).op("i32And");

const hostOf = (f: FunctionBuilder, entry: number): FunctionBuilder =>
  f.get(LINEAR).op("i32WrapI64").get(entry).access("i32Load", 8).op("i32Add");

/** A load through the table for writing that missed. */
export function missedLoad(module: ModuleBuilder, layout: Layout, slowLoad: number): number {
  const { index, body: f } = module.function(["i32", "i32", "i64"], ["i32"]);
  const [word, entry] = [f.local("i32"), f.local("i32")];
  const slow = f.block();
  findGuarded(f, layout, word, entry, slow);
  hostOf(f, entry).op("return");
  f.end();
  f.get(PC).get(BUDGET).get(LINEAR).call(slowLoad);
  return index;
}

/** A store of the value in Control.scratch that missed. */
export function missedStore(module: ModuleBuilder, layout: Layout, slowStore: number): number {
  const { index, body: f } = module.function(["i32", "i32", "i64"], ["i32"]);
  const [word, entry, host, bytes, line] = [
    f.local("i32"),
    f.local("i32"),
    f.local("i32"),
    f.local("i32"),
    f.local("i32"),
  ];
  const slow = f.block();
  findGuarded(f, layout, word, entry, slow);
  hostOf(f, entry).set(host);
  bytesOf(f, word).set(bytes);
  // Two bits: the line of the first byte, and the next one when the last byte is in it. All lines of the buffer are in a row.
  f.i32(0).access("i32Load", layout.control + Control.codeLines);
  f.get(host).i32(4).op("i32ShrU").tee(line).i32(3).op("i32ShrU", "i32Add").access("i32Load16U", 0, 0);
  f.get(line).i32(7).op("i32And", "i32ShrU");
  f.i32(1).get(host).get(bytes).op("i32Add").i32(1).op("i32Sub").i32(4).op("i32ShrU").get(line).op("i32Sub");
  f.op("i32Shl").i32(1).op("i32Or", "i32And").brIf(slow);
  const scratch = layout.control + Control.scratch;
  for (const [size, load, store] of [
    [8, "i64Load", "i64Store"],
    [4, "i32Load", "i32Store"],
    [1, "i32Load8U", "i32Store8"],
    [2, "i32Load16U", "i32Store16"],
  ] as const) {
    f.get(bytes).i32(size).op("i32Eq");
    f.if();
    f.get(host).i32(0).access(load, scratch).access(store, 0, 0).i32(0).op("return");
    f.end();
  }
  f.get(host).i32(0).vectorAccess(0x00, scratch, 4).vectorAccess(0x0b, 0, 0);
  f.i32(0).op("return");
  f.end();
  f.get(PC).get(BUDGET).get(LINEAR).call(slowStore);
  return index;
}
