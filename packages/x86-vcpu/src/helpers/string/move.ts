/** REP MOVS, STOS and LODS. */
import type { Cpu } from "../../cpu.ts";
import { type Helper, HelperStatus } from "../../helper.ts";
import { StateOffset } from "../../state-layout.ts";
import {
  advance,
  chunkLimit,
  decodeOperation,
  destinationOffset,
  destinationSegment,
  done,
  findSpan,
  isDown,
  loadElement,
  remaining,
  sourceOffset,
  storeElement,
} from "./cursor.ts";

/** Copies as if element by element: where the destination runs into what is still to be read, the pattern repeats. */
function copyElements(cpu: Cpu, from: number, to: number, size: number, count: number, down: boolean): void {
  const { u8 } = cpu;
  const bytes = count * size;
  if (down) {
    for (let n = 0; n < count; n++) u8.copyWithin(to - n * size, from - n * size, from - n * size + size);
  } else if (to <= from || to >= from + bytes) {
    u8.copyWithin(to, from, from + bytes);
  } else {
    for (let n = 0; n < bytes; n += size) u8.copyWithin(to + n, from + n, from + n + size);
  }
}

const repMovs: Helper = (cpu, _a, _b, _c, result, lo, hi) => {
  const op = decodeOperation(lo, hi);
  if (remaining(cpu, op) === 0n) return done(cpu, result, false);
  const limit = chunkLimit(cpu, op);
  const from = findSpan(cpu, op, op.segment, sourceOffset(cpu, op), false, limit);
  const to =
    from.count === 0 ? from : findSpan(cpu, op, destinationSegment, destinationOffset(cpu, op), true, from.count);
  if (to.count === 0 || limit === 1) {
    const scratch = cpu.base + StateOffset.scratch;
    const loaded = loadElement(cpu, op, op.segment, sourceOffset(cpu, op), scratch);
    if (loaded !== HelperStatus.Continue) return loaded;
    const stored = storeElement(cpu, op, destinationSegment, destinationOffset(cpu, op), scratch);
    if (stored !== HelperStatus.Continue) return stored;
    return done(cpu, result, advance(cpu, op, 1, true, true));
  }
  const down = isDown(cpu);
  copyElements(cpu, from.host, to.host, op.size, to.count, down);
  const bytes = to.count * op.size;
  cpu.wroteHost(down ? to.host - bytes + op.size : to.host, bytes);
  return done(cpu, result, advance(cpu, op, to.count, true, true));
};

const repStos: Helper = (cpu, _a, _b, _c, result, lo, hi) => {
  const op = decodeOperation(lo, hi);
  if (remaining(cpu, op) === 0n) return done(cpu, result, false);
  const rax = cpu.base + StateOffset.gpr;
  const limit = chunkLimit(cpu, op);
  const to = findSpan(cpu, op, destinationSegment, destinationOffset(cpu, op), true, limit);
  if (to.count === 0 || limit === 1) {
    const stored = storeElement(cpu, op, destinationSegment, destinationOffset(cpu, op), rax);
    if (stored !== HelperStatus.Continue) return stored;
    return done(cpu, result, advance(cpu, op, 1, false, true));
  }
  const bytes = to.count * op.size;
  const start = isDown(cpu) ? to.host - bytes + op.size : to.host;
  const { u8 } = cpu;
  u8.copyWithin(start, rax, rax + op.size);
  for (let filled = op.size; filled < bytes; filled *= 2) {
    u8.copyWithin(start + filled, start, start + Math.min(filled, bytes - filled));
  }
  cpu.wroteHost(start, bytes);
  return done(cpu, result, advance(cpu, op, to.count, false, true));
};

const repLods: Helper = (cpu, _a, _b, _c, result, lo, hi) => {
  const op = decodeOperation(lo, hi);
  if (remaining(cpu, op) === 0n) return done(cpu, result, false);
  const scratch = cpu.base + StateOffset.scratch;
  const rax = cpu.base + StateOffset.gpr;
  const limit = chunkLimit(cpu, op);
  const from = findSpan(cpu, op, op.segment, sourceOffset(cpu, op), false, limit);
  const isSlow = from.count === 0 || limit === 1;
  const count = isSlow ? 1 : from.count;
  let at = from.host + (isDown(cpu) ? -(count - 1) : count - 1) * op.size;
  if (isSlow) {
    const loaded = loadElement(cpu, op, op.segment, sourceOffset(cpu, op), scratch);
    if (loaded !== HelperStatus.Continue) return loaded;
    at = scratch;
  }
  // Only the last of the chunk's elements stays; a 32-bit one clears the upper half.
  if (op.size === 4) cpu.set32(StateOffset.gpr + 4, 0);
  cpu.u8.copyWithin(rax, at, at + op.size);
  return done(cpu, result, advance(cpu, op, count, true, false));
};

export const moveStringHelpers = { repMovs, repStos, repLods };
