/** Every SSE and FMA operation gives the result and flags that a processor gave (see `generator/README.md`). */
import { describe, expect, it } from "vitest";
import * as sf from "../src/index.ts";
import { readVectors, toHex, type VectorRecord } from "./vectors.ts";

const TRAPPED = 0x80;
type Operation = (ctx: sf.FloatContext, inputs: readonly DataView[], out: DataView) => void;
type Ctx = sf.FloatContext;

const f32 = (view: DataView): number => view.getUint32(0, true);
const f64 = (view: DataView): bigint => view.getBigUint64(0, true);
const i32 = (view: DataView): number => view.getInt32(0, true);
const imm = (view: DataView): number => view.getUint8(0);

const from32 =
  (f: (ctx: Ctx, ...a: number[]) => number): Operation =>
  (ctx, inputs, out) =>
    out.setUint32(0, f(ctx, ...inputs.map(f32)), true);
const from64 =
  (f: (ctx: Ctx, ...a: bigint[]) => bigint): Operation =>
  (ctx, inputs, out) =>
    out.setBigUint64(0, f(ctx, ...inputs.map(f64)), true);
const number = (f: (ctx: Ctx, inputs: readonly DataView[]) => number): Operation => {
  return (ctx, inputs, out) => {
    const value = f(ctx, inputs);
    if (out.byteLength === 1) out.setUint8(0, value);
    else out.setUint32(0, value, true);
  };
};
const big = (f: (ctx: Ctx, inputs: readonly DataView[]) => bigint): Operation => {
  return (ctx, inputs, out) => out.setBigUint64(0, f(ctx, inputs), true);
};

const operations: { readonly [name: string]: Operation } = {
  addss: from32(sf.f32Add as never),
  addsd: from64(sf.f64Add as never),
  subss: from32(sf.f32Sub as never),
  subsd: from64(sf.f64Sub as never),
  mulss: from32(sf.f32Mul as never),
  mulsd: from64(sf.f64Mul as never),
  divss: from32(sf.f32Div as never),
  divsd: from64(sf.f64Div as never),
  minss: from32(sf.f32Min as never),
  minsd: from64(sf.f64Min as never),
  maxss: from32(sf.f32Max as never),
  maxsd: from64(sf.f64Max as never),
  sqrtss: from32(sf.f32Sqrt as never),
  sqrtsd: from64(sf.f64Sqrt as never),
  comiss: number((ctx, [a, b]) => sf.f32Compare(ctx, f32(a!), f32(b!), false)),
  comisd: number((ctx, [a, b]) => sf.f64Compare(ctx, f64(a!), f64(b!), false)),
  ucomiss: number((ctx, [a, b]) => sf.f32Compare(ctx, f32(a!), f32(b!), true)),
  ucomisd: number((ctx, [a, b]) => sf.f64Compare(ctx, f64(a!), f64(b!), true)),
  cmpss: number((ctx, [a, b, p]) => (sf.f32Predicate(ctx, imm(p!), f32(a!), f32(b!)) ? -1 : 0)),
  cmpsd: big((ctx, [a, b, p]) => (sf.f64Predicate(ctx, imm(p!), f64(a!), f64(b!)) ? -1n : 0n)),
  roundss: number((ctx, [a, c]) => sf.f32RoundToIntegral(ctx, f32(a!), imm(c!))),
  roundsd: big((ctx, [a, c]) => sf.f64RoundToIntegral(ctx, f64(a!), imm(c!))),
  cvtss2sd: big((ctx, [a]) => sf.f32ToF64(ctx, f32(a!))),
  cvtsd2ss: number((ctx, [a]) => sf.f64ToF32(ctx, f64(a!))),
  cvtss2si: number((ctx, [a]) => sf.f32ToI32(ctx, f32(a!))),
  cvtss2siq: big((ctx, [a]) => sf.f32ToI64(ctx, f32(a!))),
  cvttss2si: number((ctx, [a]) => sf.f32ToI32Truncate(ctx, f32(a!))),
  cvttss2siq: big((ctx, [a]) => sf.f32ToI64Truncate(ctx, f32(a!))),
  cvtsd2si: number((ctx, [a]) => sf.f64ToI32(ctx, f64(a!))),
  cvtsd2siq: big((ctx, [a]) => sf.f64ToI64(ctx, f64(a!))),
  cvttsd2si: number((ctx, [a]) => sf.f64ToI32Truncate(ctx, f64(a!))),
  cvttsd2siq: big((ctx, [a]) => sf.f64ToI64Truncate(ctx, f64(a!))),
  cvtsi2ss: number((ctx, [a]) => sf.i32ToF32(ctx, i32(a!))),
  cvtsi2ssq: number((ctx, [a]) => sf.i64ToF32(ctx, f64(a!))),
  cvtsi2sd: big((ctx, [a]) => sf.i32ToF64(ctx, i32(a!))),
  cvtsi2sdq: big((ctx, [a]) => sf.i64ToF64(ctx, f64(a!))),
  // The digits name the operands' parts: 132 is op1 × op3 + op2, and so on.
  fma132ss: number((ctx, [a, b, c]) => sf.f32Fma(ctx, f32(a!), f32(c!), f32(b!))),
  fma132sd: big((ctx, [a, b, c]) => sf.f64Fma(ctx, f64(a!), f64(c!), f64(b!))),
  fma213ss: number((ctx, [a, b, c]) => sf.f32Fma(ctx, f32(b!), f32(a!), f32(c!))),
  fma213sd: big((ctx, [a, b, c]) => sf.f64Fma(ctx, f64(b!), f64(a!), f64(c!))),
  fma231ss: number((ctx, [a, b, c]) => sf.f32Fma(ctx, f32(b!), f32(c!), f32(a!))),
  fma231sd: big((ctx, [a, b, c]) => sf.f64Fma(ctx, f64(b!), f64(c!), f64(a!))),
};

function describeRecord(record: VectorRecord, result: string, status: number): string {
  return `(${record.inputs.map(toHex).join(", ")}) = ${result} flags ${status.toString(16)}`;
}

const groups = readVectors(process.env["SOFTFLOAT_SSE_VECTORS"] ?? new URL("vectors/sse.txt", import.meta.url));
const ctx = sf.createFloatContext();

describe("SSE against a processor", () => {
  for (const name of new Set(groups.map((group) => group.name))) {
    it(name, () => {
      const operation = operations[name]!;
      const wrong: string[] = [];
      const right: string[] = [];
      for (const group of groups) {
        if (group.name !== name) continue;
        for (const record of group.records) {
          sf.loadMxcsr(ctx, group.control);
          const expected = record.outputs[0]!;
          const out = new DataView(new ArrayBuffer(expected.byteLength));
          operation(ctx, record.inputs, out);
          const status = ctx.flags | (sf.unmaskedExceptions(ctx) ? TRAPPED : 0);
          const head = `mxcsr ${group.control.toString(16)} `;
          if (status !== record.status || (status < TRAPPED && toHex(out) !== toHex(expected))) {
            wrong.push(head + describeRecord(record, toHex(out), status));
            right.push(head + describeRecord(record, toHex(expected), record.status));
          }
        }
      }
      if (wrong.length > 0) console.log(name, wrong.length, "differ");
      expect(wrong.slice(0, 8)).toEqual(right.slice(0, 8));
    });
  }
});
