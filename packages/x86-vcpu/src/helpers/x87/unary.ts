/** The instructions D9 E0 … D9 FF: one or two registers on top of the stack. */
import {
  Condition,
  createF80,
  type F80,
  type FloatContext,
  FloatFlag,
  f80Abs,
  f80Atan,
  f80Cos,
  f80Examine,
  f80Exp2Minus1,
  f80Extract,
  f80IeeeRemainder,
  f80Log2,
  f80Log2Plus1,
  f80Negate,
  f80Remainder,
  f80RoundToInt,
  f80Scale,
  f80Sin,
  f80SinCos,
  f80Sqrt,
  f80Tan,
  f80Test,
} from "x86-softfloat";
import type { Cpu } from "../../cpu.ts";
import { type Helper, HelperStatus } from "../../helper.ts";
import {
  begin,
  finish,
  isEmpty,
  mayWrite,
  pop,
  push,
  readStack,
  setIndefinite,
  setTop,
  stackFault,
  topOf,
  writeStack,
} from "./register-stack.ts";

const { C0, C1, C2, C3 } = Condition;
const ALL = C0 | C1 | C2 | C3;

const top = createF80();
const next = createF80();
const first = createF80();
const second = createF80();

const isNan = (value: F80): boolean =>
  (value.signExponent & 0x7fff) === 0x7fff && ((value.high << 1) | value.low) !== 0;

type Rule = (cpu: Cpu, ctx: FloatContext) => HelperStatus;
type OneOperand = (ctx: FloatContext, out: F80, a: F80) => void;
type TwoOperands = (ctx: FloatContext, out: F80, a: F80, b: F80) => void;

/** ST(0) = f(ST(0)). With C2 in `conditions` set by f the operand was out of range: nothing is written. */
const replace =
  (f: OneOperand, conditions: number = C1): Rule =>
  (cpu, ctx) => {
    if (!isEmpty(cpu, 0)) {
      readStack(cpu, 0, top);
      f(ctx, first, top);
      const outOfRange = (conditions & ctx.conditions & C2) !== 0;
      if (mayWrite(ctx) && !outOfRange) writeStack(cpu, 0, first);
    } else if (stackFault(cpu, ctx, false)) {
      setIndefinite(first);
      writeStack(cpu, 0, first);
    }
    return finish(cpu, ctx, conditions);
  };

/** ST(0) = f(ST(0), ST(1)), or ST(1) = … and pop. */
const combine =
  (f: TwoOperands, pops: boolean, conditions: number = C1): Rule =>
  (cpu, ctx) => {
    if (!isEmpty(cpu, 0) && !isEmpty(cpu, 1)) {
      readStack(cpu, 0, top);
      readStack(cpu, 1, next);
      f(ctx, first, top, next);
    } else {
      stackFault(cpu, ctx, false);
      setIndefinite(first);
    }
    if (mayWrite(ctx)) {
      writeStack(cpu, pops ? 1 : 0, first);
      if (pops) pop(cpu);
    }
    // A remainder that is a NaN has no quotient bits to report.
    const noQuotient = conditions === ALL && ((ctx.flags & FloatFlag.IE) !== 0 || !mayWrite(ctx) || isNan(first));
    return finish(cpu, ctx, noQuotient ? C1 | C2 : conditions);
  };

/** Replaces ST(0) and pushes a second result. */
const split =
  (f: (ctx: FloatContext, replaced: F80, pushed: F80, a: F80) => void, conditions: number): Rule =>
  (cpu, ctx) => {
    const underflow = isEmpty(cpu, 0);
    if (underflow || !isEmpty(cpu, 7)) {
      stackFault(cpu, ctx, !underflow);
      setIndefinite(first);
      setIndefinite(second);
    } else {
      readStack(cpu, 0, top);
      f(ctx, first, second, top);
      if ((conditions & ctx.conditions & C2) !== 0) return finish(cpu, ctx, conditions);
    }
    if (mayWrite(ctx)) {
      writeStack(cpu, 0, first);
      push(cpu, second);
    }
    return finish(cpu, ctx, conditions);
  };

const rotate =
  (by: 1 | -1): Rule =>
  (cpu, ctx) => {
    setTop(cpu, topOf(cpu) + by);
    ctx.conditions = 0;
    return finish(cpu, ctx);
  };

const test: Rule = (cpu, ctx) => {
  if (!isEmpty(cpu, 0)) {
    readStack(cpu, 0, top);
    f80Test(ctx, top);
  } else {
    stackFault(cpu, ctx, false);
    ctx.conditions = C0 | C2 | C3;
  }
  return finish(cpu, ctx, ALL);
};

const examine: Rule = (cpu, ctx) => {
  readStack(cpu, 0, top);
  f80Examine(ctx, top);
  if (isEmpty(cpu, 0)) ctx.conditions = (ctx.conditions & C1) | C0 | C3;
  return finish(cpu, ctx, ALL);
};

/** By the low five bits of the second byte; the constants and gaps are nobody's. */
const rules: { readonly [code: number]: Rule } = {
  0: replace(f80Negate),
  1: replace(f80Abs),
  4: test,
  5: examine,
  16: replace(f80Exp2Minus1),
  17: combine(f80Log2, true),
  18: split(f80Tan, C1 | C2),
  19: combine(f80Atan, true),
  20: split(f80Extract, C1),
  21: combine(f80IeeeRemainder, false, ALL),
  22: rotate(-1),
  23: rotate(1),
  24: combine(f80Remainder, false, ALL),
  25: combine(f80Log2Plus1, true),
  26: replace(f80Sqrt),
  27: split(f80SinCos, C1 | C2),
  28: replace(f80RoundToInt),
  29: combine(f80Scale, false),
  30: replace(f80Sin, C1 | C2),
  31: replace(f80Cos, C1 | C2),
};

const x87Unary: Helper = (cpu, _a, _b, _c, _r, code) => {
  const ctx = begin(cpu);
  return ctx === undefined ? HelperStatus.Fault : rules[code]!(cpu, ctx);
};

const x87Exchange: Helper = (cpu, _a, _b, _c, _r, i) => {
  const ctx = begin(cpu);
  if (ctx === undefined) return HelperStatus.Fault;
  ctx.conditions = 0;
  readStack(cpu, 0, top);
  readStack(cpu, i, next);
  const emptyTop = isEmpty(cpu, 0);
  const emptyOther = isEmpty(cpu, i);
  if (emptyTop || emptyOther) stackFault(cpu, ctx, false);
  if (emptyTop) setIndefinite(top);
  if (emptyOther) setIndefinite(next);
  if (mayWrite(ctx)) {
    writeStack(cpu, 0, next);
    writeStack(cpu, i, top);
  }
  return finish(cpu, ctx);
};

const x87MoveIf: Helper = (cpu, a, _b, _c, _r, i) => {
  const ctx = begin(cpu);
  if (ctx === undefined) return HelperStatus.Fault;
  if (isEmpty(cpu, 0) || isEmpty(cpu, i)) {
    if (stackFault(cpu, ctx, false)) {
      setIndefinite(top);
      writeStack(cpu, 0, top);
    }
    return finish(cpu, ctx);
  }
  if (cpu.u32[a >>> 2] !== 0) {
    readStack(cpu, i, top);
    writeStack(cpu, 0, top);
  }
  return finish(cpu, ctx, 0);
};

export const unary = { x87Unary, x87Exchange, x87MoveIf } as const satisfies Record<string, Helper>;
