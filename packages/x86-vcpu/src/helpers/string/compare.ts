/** REPE and REPNE CMPS and SCAS. */
import { FlagsKind } from "x86-lift";
import type { Cpu } from "../../cpu.ts";
import { type Helper, HelperStatus } from "../../helper.ts";
import { StateOffset } from "../../state-layout.ts";
import { writeStatusFlags } from "../../status-flags.ts";
import {
  advance,
  chunkLimit,
  decodeOperation,
  destinationOffset,
  destinationSegment,
  done,
  element,
  findSpan,
  isDown,
  loadElement,
  remaining,
  type StringOperation,
  sourceOffset,
} from "./cursor.ts";

/** Flags of left − right, registers, and whether to go on after `n` elements of which the last were these. */
function finish(
  cpu: Cpu,
  op: StringOperation,
  result: number,
  n: number,
  left: bigint,
  right: bigint,
  usesSource: boolean,
): HelperStatus {
  const bits = op.size * 8;
  writeStatusFlags(cpu, FlagsKind.Sub, bits, left, right, BigInt.asUintN(bits, left - right));
  const more = advance(cpu, op, n, usesSource, true);
  return done(cpu, result, more && (left === right) !== op.repne);
}

const same = (cpu: Cpu, a: number, b: number, size: number): boolean => {
  const { u8 } = cpu;
  for (let n = 0; n < size; n++) if (u8[a + n] !== u8[b + n]) return false;
  return true;
};

/** Elements to do: up to and including the first that ends the loop. `stride` 0 compares with one and the same. */
function scan(
  cpu: Cpu,
  op: StringOperation,
  a: number,
  strideA: number,
  b: number,
  strideB: number,
  count: number,
): number {
  for (let n = 0; n < count; n++) {
    if (same(cpu, a + n * strideA, b + n * strideB, op.size) === op.repne) return n + 1;
  }
  return count;
}

const repCmps: Helper = (cpu, _a, _b, _c, result, lo, hi) => {
  const op = decodeOperation(lo, hi);
  if (remaining(cpu, op) === 0n) return done(cpu, result, false);
  const { size } = op;
  const limit = chunkLimit(cpu, op);
  const from = findSpan(cpu, op, op.segment, sourceOffset(cpu, op), false, limit);
  const to =
    from.count === 0 ? from : findSpan(cpu, op, destinationSegment, destinationOffset(cpu, op), false, from.count);
  if (to.count === 0 || limit === 1) {
    const scratch = cpu.base + StateOffset.scratch;
    const left = loadElement(cpu, op, op.segment, sourceOffset(cpu, op), scratch);
    if (left !== HelperStatus.Continue) return left;
    const right = loadElement(cpu, op, destinationSegment, destinationOffset(cpu, op), scratch + 16);
    if (right !== HelperStatus.Continue) return right;
    return finish(cpu, op, result, 1, element(cpu, scratch, size), element(cpu, scratch + 16, size), true);
  }
  const stride = isDown(cpu) ? -size : size;
  const n = scan(cpu, op, from.host, stride, to.host, stride, to.count);
  const at = (n - 1) * stride;
  return finish(cpu, op, result, n, element(cpu, from.host + at, size), element(cpu, to.host + at, size), true);
};

const repScas: Helper = (cpu, _a, _b, _c, result, lo, hi) => {
  const op = decodeOperation(lo, hi);
  if (remaining(cpu, op) === 0n) return done(cpu, result, false);
  const { size } = op;
  const rax = cpu.base + StateOffset.gpr;
  const limit = chunkLimit(cpu, op);
  const to = findSpan(cpu, op, destinationSegment, destinationOffset(cpu, op), false, limit);
  if (to.count === 0 || limit === 1) {
    const scratch = cpu.base + StateOffset.scratch;
    const loaded = loadElement(cpu, op, destinationSegment, destinationOffset(cpu, op), scratch);
    if (loaded !== HelperStatus.Continue) return loaded;
    return finish(cpu, op, result, 1, element(cpu, rax, size), element(cpu, scratch, size), false);
  }
  const stride = isDown(cpu) ? -size : size;
  const n = scan(cpu, op, rax, 0, to.host, stride, to.count);
  return finish(cpu, op, result, n, element(cpu, rax, size), element(cpu, to.host + (n - 1) * stride, size), false);
};

export const compareStringHelpers = { repCmps, repScas };
