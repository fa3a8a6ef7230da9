/**
 * The check before IN, OUT, INS and OUTS (SDM vol. 1 §19.5.2, vol. 3 §9.2.1) in WebAssembly, where the TLB has the parts of the TSS that count.
 * Otherwise, with nothing done, `checkIo` of `helpers/io.ts`, which tells the rules.
 */
import { SegmentIndex, segmentAttributesOffset, segmentLimitOffset } from "../segment.ts";
import { SystemType } from "../segments/descriptor.ts";
import { IO_MAP_BASE } from "../segments/tss.ts";
import { StateOffset } from "../state-layout.ts";
import type { Layout } from "./ops/emit.ts";
import { recordOp } from "./ops/index.ts";
import { Field, RECORD_BYTES } from "./record.ts";
import { tlbLookup } from "./tlb-lookup.ts";
import type { ModuleBuilder } from "./wasm/module-builder.ts";
import { type Value, Writer } from "./writer.ts";

const { TR } = SegmentIndex;
/** What tells the two kinds of 16-bit TSS from the others. */
const TSS16_MASK = 0xf & ~(SystemType.Tss16 ^ SystemType.Tss16Busy);

const IO = recordOp("io");
const TO_IO = 2 * RECORD_BYTES;

/** Functions of (pc, budget). */
export interface AfterCheck {
  /** What is unusual; gives 0 to go on, 1 to stop. */
  readonly script: number;
  /** The IN or OUT whose `io` record is at pc is not permitted. 0: it has been done nevertheless. */
  readonly refused: number;
}

/** The function behind `checkIo` records: (pc, budget) → 0 to go on, 1 to stop, else the bytes to the `io` record that has been done. */
export function checkIoFunction(module: ModuleBuilder, layout: Layout, { script, refused }: AfterCheck): number {
  const lookup = tlbLookup(module, layout, 1);
  const { index, body: f } = module.function(["i32", "i32"], ["i32"]);
  const w = new Writer(f, layout);
  const [pc, budget] = [w.local(0), w.local(1)];
  const [port, at, host] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const limit = w.state("i32Load", segmentLimitOffset(TR));
  /** Where 16 bits of the TSS are in the host's memory, to be read as supervisor; 0: in two pages, or not in the TLB. */
  const word = (offset: Value): Value => {
    const linear = w.op("i64Add", w.state("i64Load", StateOffset.trBase), w.wide(offset));
    return w.call(lookup, w.state("i32Load", StateOffset.tlbBase), linear, w.i32(2));
  };

  const unusual = f.block();
  const closed = f.block();
  const kind = w.and(w.state("i32Load16U", segmentAttributesOffset(TR)), TSS16_MASK);
  w.op("i32Eq", kind, w.i32(SystemType.Tss16))();
  f.brIf(closed);
  w.op("i32LtU", limit, w.i32(IO_MAP_BASE + 1))();
  f.brIf(closed);
  w.set(host, word(w.i32(IO_MAP_BASE)));
  w.op("i32Eqz", w.local(host))();
  f.brIf(unusual);
  w.set(port, w.load("i32Load16U", w.load("i32Load16U", pc, Field.a), layout.state));
  w.set(at, w.op("i32Add", w.load("i32Load16U", w.local(host)), w.shiftRight(w.local(port), 3)));
  // Two bytes are read whatever the port, so both must lie inside the limit.
  w.op("i32GeU", w.local(at), limit)();
  f.brIf(closed);
  // Mostly in the map base's page.
  const distance = w.op("i32Sub", w.local(at), w.i32(IO_MAP_BASE));
  const mapBaseInPage = w.and(w.op("i32Add", w.state("i32Load", StateOffset.trBase), w.i32(IO_MAP_BASE)), 0xfff);
  w.set(host, w.op("i32Add", w.local(host), distance));
  w.op("i32GtU", w.op("i32Add", mapBaseInPage, distance), w.i32(0xffe))();
  f.if();
  w.set(host, word(w.local(at)));
  w.op("i32Eqz", w.local(host))();
  f.brIf(unusual);
  f.end();
  const bytes = w.load("i32Load", pc, RECORD_BYTES + Field.imm);
  const wanted: Value = w.op("i32Sub", w.op("i32Shl", w.i32(1), bytes), w.i32(1));
  w.op("i32And", w.op("i32ShrU", w.load("i32Load16U", w.local(host)), w.and(w.local(port), 7)), wanted)();
  f.brIf(closed);
  f.i32(0).op("return");
  f.end(); // closed
  // INS and OUTS have another record.
  w.op("i32Ne", w.load("i32Load16U", pc, TO_IO + Field.op), w.i32(IO))();
  f.brIf(unusual);
  const stops = w.call(refused, w.op("i32Add", pc, w.i32(TO_IO)), budget);
  w.select(w.i32(1), w.i32(TO_IO), stops)();
  f.op("return");
  f.end(); // unusual
  w.call(script, pc, budget)();
  return index;
}
