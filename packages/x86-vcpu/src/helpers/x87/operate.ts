/** FADD, FMUL, FCOM, FSUB, FDIV and their variants; FCOMI. */
import {
  Condition,
  createF80,
  type F80,
  type FloatContext,
  f80Add,
  f80Compare,
  f80Div,
  f80Mul,
  f80Sub,
  i32ToF80,
  widenF32,
  widenF64,
} from "x86-softfloat";
import type { Cpu } from "../../cpu.ts";
import { type Helper, HelperStatus } from "../../helper.ts";
import {
  begin,
  finish,
  isEmpty,
  mayWrite,
  pop,
  readStack,
  recordOperand,
  setIndefinite,
  stackFault,
  writeStack,
} from "./register-stack.ts";

const left = createF80();
const right = createF80();
const result = createF80();

type Operation = (ctx: FloatContext, out: F80, d: F80, s: F80, denormal: boolean) => void;

/** By the op number of x86-lift; comparisons are apart. */
const operations: readonly Operation[] = [
  f80Add,
  f80Mul,
  () => {},
  () => {},
  f80Sub,
  (ctx, out, d, s, denormal) => f80Sub(ctx, out, s, d, denormal),
  f80Div,
  (ctx, out, d, s, denormal) => f80Div(ctx, out, s, d, denormal),
];

const COMPARISON = Condition.C0 | Condition.C1 | Condition.C2 | Condition.C3;
const UNORDERED = Condition.C0 | Condition.C2 | Condition.C3;
const isComparison = (op: number): boolean => (op & 14) === 2;

/** ST(d) = ST(d) op `right`, then pops. `empty`: the source was an empty register. */
function operate(
  cpu: Cpu,
  ctx: FloatContext,
  op: number,
  d: number,
  empty: boolean,
  denormal: boolean,
  pops: number,
): HelperStatus {
  const compares = isComparison(op);
  if (empty || isEmpty(cpu, d)) {
    const masked = stackFault(cpu, ctx, false);
    if (compares) ctx.conditions = UNORDERED;
    else if (masked) {
      setIndefinite(result);
      writeStack(cpu, d, result);
    }
  } else {
    readStack(cpu, d, left);
    if (compares) f80Compare(ctx, left, right, (op & 16) !== 0, denormal);
    else {
      operations[op & 7]!(ctx, result, left, right, denormal);
      if (mayWrite(ctx)) writeStack(cpu, d, result);
    }
  }
  if (mayWrite(ctx)) for (let i = 0; i < pops; i++) pop(cpu);
  return finish(cpu, ctx, compares ? COMPARISON : Condition.C1);
}

/** ST(0) op memory; `widen` fills `right` and tells whether it was denormal. */
function withMemory(
  cpu: Cpu,
  op: number,
  ea: number,
  segment: number,
  widen: (ctx: FloatContext) => boolean,
): HelperStatus {
  const ctx = begin(cpu);
  if (ctx === undefined) return HelperStatus.Fault;
  recordOperand(cpu, ea, segment);
  const denormal = widen(ctx);
  return operate(cpu, ctx, op, 0, false, denormal, op === 3 ? 1 : 0);
}

function widenInteger(ctx: FloatContext, integer: number): boolean {
  i32ToF80(ctx, right, integer);
  return false;
}

const x87OperateStack: Helper = (cpu, _a, _b, _c, _r, lo) => {
  const ctx = begin(cpu);
  if (ctx === undefined) return HelperStatus.Fault;
  const source = (lo >>> 12) & 7;
  const empty = isEmpty(cpu, source);
  readStack(cpu, source, right);
  return operate(cpu, ctx, lo & 0x1f, (lo >>> 8) & 7, empty, false, (lo >>> 16) & 3);
};

const x87CompareFlags: Helper = (cpu, _a, _b, _c, resultAt, lo) => {
  const ctx = begin(cpu);
  if (ctx === undefined) return HelperStatus.Fault;
  const i = lo & 7;
  let flags = 0x45;
  const underflow = isEmpty(cpu, 0) || isEmpty(cpu, i);
  if (underflow) stackFault(cpu, ctx, false);
  else {
    readStack(cpu, 0, left);
    readStack(cpu, i, right);
    flags = f80Compare(ctx, left, right, (lo & 0x10) !== 0);
    ctx.conditions = 0;
  }
  if ((lo & 0x100) !== 0 && mayWrite(ctx)) pop(cpu);
  cpu.u64[resultAt >>> 3] = BigInt(flags);
  return finish(cpu, ctx, underflow ? Condition.C1 : 0);
};

const signed16 = (cpu: Cpu, at: number): number => (cpu.u16[at >>> 1]! << 16) >> 16;

export const operates = {
  x87OperateF32: (cpu, a, ea, _c, _r, op, segment) =>
    withMemory(cpu, op, ea, segment, (ctx) => widenF32(ctx, right, cpu.u32[a >>> 2]!)),
  x87OperateF64: (cpu, a, ea, _c, _r, op, segment) =>
    withMemory(cpu, op, ea, segment, (ctx) => widenF64(ctx, right, cpu.u64[a >>> 3]!)),
  x87OperateI16: (cpu, a, ea, _c, _r, op, segment) =>
    withMemory(cpu, op, ea, segment, (ctx) => widenInteger(ctx, signed16(cpu, a))),
  x87OperateI32: (cpu, a, ea, _c, _r, op, segment) =>
    withMemory(cpu, op, ea, segment, (ctx) => widenInteger(ctx, cpu.i32[a >>> 2]!)),
  x87OperateStack,
  x87CompareFlags,
} as const satisfies Record<string, Helper>;
