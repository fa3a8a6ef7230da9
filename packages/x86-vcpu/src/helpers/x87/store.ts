/** FST, FIST, FISTTP, FBSTP. The store comes before any change of state, so that its fault leaves nothing done. */

import { MemoryFlag } from "x86-lift";
import {
  createF80,
  type F80,
  type FloatContext,
  FloatFlag,
  f80ToBcd,
  f80ToF32,
  f80ToF64,
  f80ToI16,
  f80ToI32,
  f80ToI64,
  type RoundingMode,
  writeF80,
} from "x86-softfloat";
import type { Cpu } from "../../cpu.ts";
import { type Helper, HelperStatus } from "../../helper.ts";
import { StateOffset } from "../../state-layout.ts";
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

const source = createF80();

interface Format {
  readonly bytes: number;
  /** Converts ST(0) into the scratch bytes. */
  convert(ctx: FloatContext, value: F80, view: DataView, at: number, mode: RoundingMode): void;
  /** What an empty register stores while IE is masked. */
  indefinite(view: DataView, at: number): void;
}

const binary32: Format = {
  bytes: 4,
  convert: (ctx, value, view, at) => view.setUint32(at, f80ToF32(ctx, value), true),
  indefinite: (view, at) => view.setUint32(at, 0xffc0_0000, true),
};
const binary64: Format = {
  bytes: 8,
  convert: (ctx, value, view, at) => view.setBigUint64(at, f80ToF64(ctx, value), true),
  indefinite: (view, at) => view.setBigUint64(at, 0xfff8_0000_0000_0000n, true),
};
const extended: Format = {
  bytes: 10,
  convert: (ctx, value, view, at) => {
    ctx.conditions = 0;
    writeF80(value, view, at);
  },
  indefinite: (view, at) => {
    view.setBigUint64(at, 0xc000_0000_0000_0000n, true);
    view.setUint16(at + 8, 0xffff, true);
  },
};
const int16: Format = {
  bytes: 2,
  convert: (ctx, value, view, at, mode) => view.setInt16(at, f80ToI16(ctx, value, mode), true),
  indefinite: (view, at) => view.setUint16(at, 0x8000, true),
};
const int32: Format = {
  bytes: 4,
  convert: (ctx, value, view, at, mode) => view.setInt32(at, f80ToI32(ctx, value, mode), true),
  indefinite: (view, at) => view.setUint32(at, 0x8000_0000, true),
};
const int64: Format = {
  bytes: 8,
  convert: (ctx, value, view, at, mode) => view.setBigInt64(at, f80ToI64(ctx, value, mode), true),
  indefinite: (view, at) => view.setBigUint64(at, 0x8000_0000_0000_0000n, true),
};
const bcd: Format = {
  bytes: 10,
  convert: (ctx, value, view, at) => f80ToBcd(ctx, new Uint8Array(view.buffer, at, 10), value),
  indefinite: (view, at) => {
    view.setBigUint64(at, 0xc000_0000_0000_0000n, true);
    view.setUint16(at + 8, 0xffff, true);
  },
};
const formats: readonly Format[] = [binary32, binary64, extended, int16, int32, int64, bcd];

/** An unmasked overflow or underflow keeps a number from memory as well; an unmasked PE does not. */
const STOPS_STORE = FloatFlag.IE | FloatFlag.DE | FloatFlag.ZE | FloatFlag.OE | FloatFlag.UE;

const x87Store: Helper = (cpu: Cpu, ea, _b, _c, _r, lo, segment) => {
  const format = formats[lo & 15]!;
  const fswBefore = cpu.get16(StateOffset.fsw);
  const ctx = begin(cpu);
  if (ctx === undefined) return HelperStatus.Fault;
  const at = cpu.base + StateOffset.scratch;
  if (isEmpty(cpu, 0)) {
    stackFault(cpu, ctx, false);
    format.indefinite(cpu.view, at);
  } else {
    readStack(cpu, 0, source);
    format.convert(ctx, source, cpu.view, at, (lo & 0x200) !== 0 ? 3 : ctx.rounding);
  }
  const stores = (ctx.flags & ~ctx.masks & STOPS_STORE) === 0;
  const low = cpu.i32[ea >>> 2]!;
  const high = cpu.i32[(ea >>> 2) + 1]!;
  // A destination that faults does so even when the number will not be stored.
  const status = stores
    ? cpu.storeSegmented(segment, low, high, format.bytes, 0, at)
    : cpu.loadSegmented(segment, low, high, format.bytes, MemoryFlag.ForWrite, at);
  if (status !== HelperStatus.Continue) {
    cpu.set16(StateOffset.fsw, fswBefore);
    return status;
  }
  if (stores && (lo & 0x100) !== 0) pop(cpu);
  recordOperand(cpu, ea, segment);
  return finish(cpu, ctx);
};

const x87StoreStack: Helper = (cpu, _a, _b, _c, _r, lo) => {
  const ctx = begin(cpu);
  if (ctx === undefined) return HelperStatus.Fault;
  if (!isEmpty(cpu, 0)) readStack(cpu, 0, source);
  else if ((lo & 0x200) !== 0) {
    // FSTPNCE pops an empty register and copies nothing.
    pop(cpu);
    return finish(cpu, ctx);
  } else if (stackFault(cpu, ctx, false)) setIndefinite(source);
  if (mayWrite(ctx)) {
    writeStack(cpu, lo & 7, source);
    if ((lo & 0x100) !== 0) pop(cpu);
  }
  return finish(cpu, ctx);
};

export const stores = { x87Store, x87StoreStack } as const satisfies Record<string, Helper>;
