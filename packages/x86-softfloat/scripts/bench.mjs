/** Nanoseconds per operation: `npm run build && node scripts/bench.mjs` in this folder. */
import * as sf from "../dist/index.js";

const COUNT = 512;
const ctx = sf.createFloatContext();
const out = sf.createF80();
const second = sf.createF80();

let seed = 12345;
const random32 = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0);
const make = (f) => Array.from({ length: COUNT }, f);
// Numbers between 2^-8 and 2^8.
const f32 = make(() => ((120 + (random32() >>> 28)) << 23) | (random32() >>> 9));
const f64 = make(
  () => (BigInt(1015 + (random32() >>> 28)) << 52n) | (BigInt(random32()) << 20n) | BigInt(random32() >>> 12),
);
const f80 = make(() => sf.createF80(16375 + (random32() >>> 28), (random32() | 0x8000_0000) >>> 0, random32()));
const below1 = make(() => sf.createF80(16375 + (random32() >>> 29), (random32() | 0x8000_0000) >>> 0, random32()));

let sink;
function bench(name, repeat, f) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 4; round++) {
    const start = process.hrtime.bigint();
    for (let r = 0; r < repeat; r++) for (let i = 0; i < COUNT; i++) sink = f(i, (i * 7 + 3) & (COUNT - 1));
    best = Math.min(best, Number(process.hrtime.bigint() - start) / (repeat * COUNT));
  }
  console.log(name.padEnd(18), best.toFixed(0).padStart(6), "ns");
}

const { f32Add, f32Mul, f32Div, f32Sqrt, f32Fma, f64Add, f64Mul, f64Div, f64Sqrt, f64Fma } = sf;
const { f80Add, f80Sub, f80Mul, f80Div, f80Sqrt, f80Remainder, f80Compare, f64ToF80, f80ToF64 } = sf;
bench("f32Add", 1000, (i, j) => f32Add(ctx, f32[i], f32[j]));
bench("f32Mul", 1000, (i, j) => f32Mul(ctx, f32[i], f32[j]));
bench("f32Div", 1000, (i, j) => f32Div(ctx, f32[i], f32[j]));
bench("f32Sqrt", 1000, (i) => f32Sqrt(ctx, f32[i]));
bench("f32Fma", 1000, (i, j) => f32Fma(ctx, f32[i], f32[j], f32[i]));
bench("f64Add", 1000, (i, j) => f64Add(ctx, f64[i], f64[j]));
bench("f64Mul", 1000, (i, j) => f64Mul(ctx, f64[i], f64[j]));
bench("f64Div", 1000, (i, j) => f64Div(ctx, f64[i], f64[j]));
bench("f64Sqrt", 1000, (i) => f64Sqrt(ctx, f64[i]));
bench("f64Fma", 200, (i, j) => f64Fma(ctx, f64[i], f64[j], f64[i]));
bench("f80Add", 1000, (i, j) => f80Add(ctx, out, f80[i], f80[j]));
bench("f80Sub", 1000, (i, j) => f80Sub(ctx, out, f80[i], f80[j]));
bench("f80Mul", 1000, (i, j) => f80Mul(ctx, out, f80[i], f80[j]));
bench("f80Div", 1000, (i, j) => f80Div(ctx, out, f80[i], f80[j]));
bench("f80Sqrt", 200, (i) => f80Sqrt(ctx, out, f80[i]));
bench("f80Remainder", 200, (i, j) => f80Remainder(ctx, out, f80[i], f80[j]));
bench("f80Compare", 1000, (i, j) => f80Compare(ctx, f80[i], f80[j], true));
bench("f64ToF80", 1000, (i) => f64ToF80(ctx, out, f64[i]));
bench("f80ToF64", 1000, (i) => f80ToF64(ctx, f80[i]));
bench("f80Sin", 10, (i) => sf.f80Sin(ctx, out, f80[i]));
bench("f80Tan", 10, (i) => sf.f80Tan(ctx, out, second, f80[i]));
bench("f80Log2", 10, (i, j) => sf.f80Log2(ctx, out, f80[i], f80[j]));
bench("f80Atan", 10, (i, j) => sf.f80Atan(ctx, out, f80[i], f80[j]));
bench("f80Exp2Minus1", 10, (i) => sf.f80Exp2Minus1(ctx, out, below1[i]));
if (sink === null) console.log(sink);
