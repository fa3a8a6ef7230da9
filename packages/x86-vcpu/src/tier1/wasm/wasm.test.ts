import { describe, expect, it } from "vitest";
import { ByteSink } from "./byte-sink.ts";
import { ModuleBuilder } from "./module-builder.ts";

const leb = (write: (sink: ByteSink) => void): number[] => {
  const sink = new ByteSink(1);
  write(sink);
  return [...sink.take()];
};

describe("[x86-vcpu] WebAssembly emitter", () => {
  it("LEB128 as in the examples of the DWARF standard (appendix C)", () => {
    expect(leb((s) => s.u32(2))).toEqual([2]);
    expect(leb((s) => s.u32(127))).toEqual([0x7f]);
    expect(leb((s) => s.u32(128))).toEqual([0x80, 1]);
    expect(leb((s) => s.u32(0xffff_ffff))).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f]);
    expect(leb((s) => s.s32(-2))).toEqual([0x7e]);
    expect(leb((s) => s.s32(127))).toEqual([0xff, 0]);
    expect(leb((s) => s.s32(-128))).toEqual([0x80, 0x7f]);
    expect(leb((s) => s.s32(-129))).toEqual([0xff, 0x7e]);
    expect(leb((s) => s.s64(-1n))).toEqual([0x7f]);
    expect(leb((s) => s.s64(1n << 63n))).toEqual([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f]);
  });

  it("a module with memory, import, loop, br_table and an own table runs", () => {
    const module = new ModuleBuilder();
    module.importMemory("e", "m");
    const note = module.importFunction("e", "note", ["i32"], []);
    const double = module.function(["i32"], ["i32"]);
    double.body.get(0).i32(1).op("i32Shl");
    const triple = module.function(["i32"], ["i32"]);
    triple.body.get(0).i32(3).op("i32Mul");
    module.table([double.index, triple.index]);
    const { index, body } = module.function(["i32", "i32"], ["i32"]);
    const sum = body.local("i32");
    const out = body.block();
    const again = body.loop();
    body.get(1).op("i32Eqz").brIf(out);
    body.get(sum).get(1).op("i32Add").set(sum);
    body.get(1).i32(1).op("i32Sub").set(1).br(again);
    body.end().end();
    const [two, one, zero] = [body.block(), body.block(), body.block()];
    body.get(0).brTable([zero, one], two);
    body.end();
    body.get(sum).call(note);
    body.end();
    body.end();
    body
      .i32(8)
      .get(sum)
      .get(0)
      .callIndirect(module.type(["i32"], ["i32"]))
      .access("i32Store", 4);
    body.i32(0).access("i32Load", 12);
    module.export("run", index);
    const bytes = module.finish();
    expect(WebAssembly.validate(bytes)).toBe(true);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
    const notes: number[] = [];
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      e: { m: memory, note: (n: number) => void notes.push(n) },
    });
    const run = instance.exports["run"] as (a: number, b: number) => number;
    expect(run(0, 10)).toBe(110);
    expect(run(1, 10)).toBe(165);
    expect(notes).toEqual([55]);
  });

  it("a body with an open block is refused", () => {
    const module = new ModuleBuilder();
    module.function([], []).body.block();
    expect(() => module.finish()).toThrow(/open blocks/);
  });
});
