import { TLB_ENTRIES, TLB_ENTRY_BYTES } from "../tlb.ts";
import type { Layout } from "./ops/emit.ts";
import type { ModuleBuilder } from "./wasm/module-builder.ts";
import { type Value, Writer } from "./writer.ts";

/** (table, linear, bytes) → host address; 0: not at a multiple of `alignment` (a power of 2), not in one page, or not in the table. */
export function tlbLookup(module: ModuleBuilder, layout: Layout, alignment: number): number {
  const { index, body: f } = module.function(["i32", "i64", "i32"], ["i32"]);
  const w = new Writer(f, layout);
  const [table, linear, bytes] = [w.local(0), w.local(1), w.local(2)];
  const entry = f.local("i32");
  const low = w.op("i32WrapI64", linear);
  const shifted = (by: number): Value => w.op("i64ShrU", linear, () => f.i64(by));
  const number = w.and(w.op("i32WrapI64", w.op("i64Add", shifted(12), shifted(24))), TLB_ENTRIES - 1);
  w.set(entry, w.op("i32Add", table, w.op("i32Mul", number, w.i32(TLB_ENTRY_BYTES))));
  w.op(
    "i64Ne",
    w.load("i64Load", w.local(entry)),
    w.op("i64And", linear, () => f.i64(-4096)),
  )();
  const crosses = w.op("i32GtU", w.op("i32Add", w.and(low, 0xfff), bytes), w.i32(0x1000));
  w.op("i32Or", w.and(low, alignment - 1), crosses)();
  f.op("i32Or").if();
  f.i32(0).op("return");
  f.end();
  w.op("i32Add", low, w.load("i32Load", w.local(entry), 8))();
  return index;
}
