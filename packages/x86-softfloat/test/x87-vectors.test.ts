/** Every x87 operation but the transcendental ones gives what a processor gave (see `generator/README.md`). */
import { describe, expect, it } from "vitest";
import * as sf from "../src/index.ts";
import { readVectors, toHex, type VectorRecord } from "./vectors.ts";

const { C0, C1, C2, C3 } = sf.Condition;
const ALL = C0 | C1 | C2 | C3;
type Ctx = sf.FloatContext;
type Operation = (ctx: Ctx, inputs: readonly DataView[], outputs: readonly DataView[]) => void;
interface Row {
  readonly run: Operation;
  /** Condition bits the instruction defines. */
  readonly conditions: number;
  /** Stores nothing when OE or UE is unmasked, too. */
  readonly memory?: true;
}

const scratch = [sf.createF80(), sf.createF80()] as const;
const f80 = (view: DataView, which: 0 | 1 = 0): sf.F80 => {
  sf.readF80(scratch[which], view, 0);
  return scratch[which];
};
const f32 = (view: DataView): number => view.getUint32(0, true);
const f64 = (view: DataView): bigint => view.getBigUint64(0, true);

type Binary = (ctx: Ctx, out: sf.F80, a: sf.F80, b: sf.F80) => void;
/** Starts from what the destination holds if nothing is written. */
const UNWRITTEN = 0xcccc;
const result = sf.createF80();
function give(view: DataView, f: (out: sf.F80) => void): void {
  result.signExponent = UNWRITTEN;
  f(result);
  sf.writeF80(result, view, 0);
}
const binary = (f: Binary, conditions: number = C1): Row => ({
  conditions,
  run: (ctx, [a, b], [out]) => give(out!, (r) => f(ctx, r, f80(a!), f80(b!, 1))),
});
const unary = (f: (ctx: Ctx, out: sf.F80, a: sf.F80) => void): Row => ({
  conditions: C1,
  run: (ctx, [a], [out]) => give(out!, (r) => f(ctx, r, f80(a!))),
});
const load = (f: (ctx: Ctx, out: sf.F80, a: DataView) => void): Row => ({
  conditions: C1,
  run: (ctx, [a], [out]) => give(out!, (r) => f(ctx, r, a!)),
});
const store = (f: (ctx: Ctx, a: sf.F80, out: DataView) => void): Row => ({
  conditions: C1,
  memory: true,
  run: (ctx, [a], [out]) => f(ctx, f80(a!), out!),
});
const compare = (f: (ctx: Ctx, a: sf.F80, b: sf.F80) => number): Row => ({
  conditions: ALL,
  run: (ctx, [a, b]) => {
    f(ctx, f80(a!), b ? f80(b, 1) : scratch[1]);
  },
});
const compareToFlags = (quiet: boolean): Row => ({
  conditions: 0,
  run: (ctx, [a, b], [out]) => out!.setUint8(0, sf.f80Compare(ctx, f80(a!), f80(b!, 1), quiet)),
});
const constant = (name: sf.F80Constant): Row => load((ctx, out) => sf.f80Constant(ctx, out, name));
type WithMemory = (ctx: Ctx, out: sf.F80, a: sf.F80, b: sf.F80, denormal: boolean) => void;
const withF32 = (f: WithMemory): Row => ({
  conditions: C1,
  run: (ctx, [a, b], [out]) => {
    const denormal = sf.widenF32(ctx, scratch[1], f32(b!));
    give(out!, (r) => f(ctx, r, f80(a!), scratch[1], denormal));
  },
});
const withF64 = (f: WithMemory): Row => ({
  conditions: C1,
  run: (ctx, [a, b], [out]) => {
    const denormal = sf.widenF64(ctx, scratch[1], f64(b!));
    give(out!, (r) => f(ctx, r, f80(a!), scratch[1], denormal));
  },
});

const operations: { readonly [name: string]: Row } = {
  fadd: binary(sf.f80Add),
  fsub: binary(sf.f80Sub),
  fmul: binary(sf.f80Mul),
  fdiv: binary(sf.f80Div),
  fsqrt: unary(sf.f80Sqrt),
  fprem: binary(sf.f80Remainder, ALL),
  fprem1: binary(sf.f80IeeeRemainder, ALL),
  fscale: binary(sf.f80Scale),
  frndint: unary(sf.f80RoundToInt),
  fxtract: {
    conditions: C1,
    run: (ctx, [a], [significand, exponent]) =>
      give(significand!, (s) => {
        const e = sf.createF80(UNWRITTEN);
        sf.f80Extract(ctx, e, s, f80(a!));
        sf.writeF80(e, exponent!, 0);
      }),
  },
  fchs: unary(sf.f80Negate),
  fabs: unary(sf.f80Abs),
  fcom: compare((ctx, a, b) => sf.f80Compare(ctx, a, b, false)),
  fucom: compare((ctx, a, b) => sf.f80Compare(ctx, a, b, true)),
  ftst: compare((ctx, a) => sf.f80Test(ctx, a)),
  fxam: compare((ctx, a) => sf.f80Examine(ctx, a)),
  fcomi: compareToFlags(false),
  fucomi: compareToFlags(true),
  fsts: store((ctx, a, out) => out.setUint32(0, sf.f80ToF32(ctx, a), true)),
  fstl: store((ctx, a, out) => out.setBigUint64(0, sf.f80ToF64(ctx, a), true)),
  fistps: store((ctx, a, out) => out.setInt16(0, sf.f80ToI16(ctx, a), true)),
  fistpl: store((ctx, a, out) => out.setInt32(0, sf.f80ToI32(ctx, a), true)),
  fistpq: store((ctx, a, out) => out.setBigInt64(0, sf.f80ToI64(ctx, a), true)),
  fisttps: store((ctx, a, out) => out.setInt16(0, sf.f80ToI16(ctx, a, 3), true)),
  fisttpl: store((ctx, a, out) => out.setInt32(0, sf.f80ToI32(ctx, a, 3), true)),
  fisttpq: store((ctx, a, out) => out.setBigInt64(0, sf.f80ToI64(ctx, a, 3), true)),
  fbstp: store((ctx, a, out) => sf.f80ToBcd(ctx, new Uint8Array(out.buffer), a)),
  flds: load((ctx, out, a) => sf.f32ToF80(ctx, out, f32(a))),
  fldl: load((ctx, out, a) => sf.f64ToF80(ctx, out, f64(a))),
  filds: load((ctx, out, a) => sf.i32ToF80(ctx, out, a.getInt16(0, true))),
  fildl: load((ctx, out, a) => sf.i32ToF80(ctx, out, a.getInt32(0, true))),
  fildq: load((ctx, out, a) => sf.i64ToF80(ctx, out, a.getBigInt64(0, true))),
  fbld: load((ctx, out, a) => sf.bcdToF80(ctx, out, new Uint8Array(a.buffer, a.byteOffset, 10))),
  fadds: withF32(sf.f80Add),
  faddl: withF64(sf.f80Add),
  fdivs: withF32(sf.f80Div),
  fdivl: withF64(sf.f80Div),
  fmull: withF64(sf.f80Mul),
  fcoms: {
    conditions: ALL,
    run: (ctx, [a, b]) => {
      const denormal = sf.widenF32(ctx, scratch[1], f32(b!));
      sf.f80Compare(ctx, f80(a!), scratch[1], false, denormal);
    },
  },
  fcoml: {
    conditions: ALL,
    run: (ctx, [a, b]) => {
      const denormal = sf.widenF64(ctx, scratch[1], f64(b!));
      sf.f80Compare(ctx, f80(a!), scratch[1], false, denormal);
    },
  },
  fld1: constant("one"),
  fldl2t: constant("log2Of10"),
  fldl2e: constant("log2OfE"),
  fldpi: constant("pi"),
  fldlg2: constant("log10Of2"),
  fldln2: constant("lnOf2"),
  fldz: constant("zero"),
};

function describeRecord(record: VectorRecord, results: readonly DataView[], status: number): string {
  return `(${record.inputs.map(toHex).join(", ")}) = ${results.map(toHex).join(", ")} status ${status.toString(16)}`;
}

const groups = readVectors(process.env["SOFTFLOAT_X87_VECTORS"] ?? new URL("vectors/x87.txt", import.meta.url));
const ctx = sf.createFloatContext();

describe("x87 against a processor", () => {
  for (const name of new Set(groups.map((group) => group.name))) {
    it(name, () => {
      const row = operations[name]!;
      const wrong: string[] = [];
      const right: string[] = [];
      for (const group of groups) {
        if (group.name !== name) continue;
        for (const record of group.records) {
          sf.loadControlWord(ctx, group.control);
          const outputs = record.outputs.map((view) => new DataView(new ArrayBuffer(view.byteLength)));
          row.run(ctx, record.inputs, outputs);
          const unmasked = sf.unmaskedExceptions(ctx) & (row.memory ? 0x1f : 0x07);
          const kept = unmasked !== 0;
          const status = ctx.flags | (kept ? 0 : ctx.conditions & row.conditions);
          // Bit 7 (ES) of the recorded status says that an unmasked exception is pending.
          const expected = record.status & (0x3f | (kept ? 0 : row.conditions));
          const pending = ((record.status & 0x80) !== 0) === (sf.unmaskedExceptions(ctx) !== 0);
          const same = kept || outputs.every((view, i) => toHex(view) === toHex(record.outputs[i]!));
          if (status !== expected || !pending || !same) {
            const head = `fcw ${group.control.toString(16)} `;
            wrong.push(head + describeRecord(record, outputs, status));
            right.push(head + describeRecord(record, record.outputs, expected));
          }
        }
      }
      if (wrong.length > 0) console.log(name, wrong.length, "differ");
      expect(wrong.slice(0, 8)).toEqual(right.slice(0, 8));
    });
  }
});
