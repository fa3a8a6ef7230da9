import { createF80, createFloatContext, FloatFlag, f64Add, f80Div, f80ToBits, f80ToF64, i32ToF80 } from "x86-softfloat";

const ctx = createFloatContext();

// ADDSD: 0.1 + 0.2, rounded to nearest and then upwards.
const a = 0x3fb9_9999_9999_999an;
const b = 0x3fc9_9999_9999_999an;
console.log(f64Add(ctx, a, b).toString(16), "inexact:", (ctx.flags & FloatFlag.PE) !== 0);
ctx.rounding = 1;
console.log(f64Add(ctx, a, b).toString(16));
ctx.rounding = 0;

// FDIV: 1 / 3 in 80 bits, with 64 and with 24 bits of precision, then FST m64.
const one = createF80();
const three = createF80();
const quotient = createF80();
i32ToF80(ctx, one, 1);
i32ToF80(ctx, three, 3);
f80Div(ctx, quotient, one, three);
console.log(f80ToBits(quotient).toString(16), f80ToF64(ctx, quotient).toString(16));
ctx.precision = 24;
f80Div(ctx, quotient, one, three);
console.log(f80ToBits(quotient).toString(16), "C1:", (ctx.conditions & 0x200) !== 0);

// 1 / 0 raises ZE and nothing else.
ctx.flags = 0;
f80Div(ctx, quotient, one, createF80());
console.log(f80ToBits(quotient).toString(16), "flags:", ctx.flags);
