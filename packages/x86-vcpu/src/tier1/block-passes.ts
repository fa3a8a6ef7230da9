/** What is done to a block's records once all are there: dead flags go, and so do records that only made them. */
import { recordOp, recordOps } from "./ops/index.ts";
import { Field, RECORD_BYTES } from "./record.ts";

const Effect = { None: 0, Read: 1, Write: 2, Update: 3 } as const;
const effect = Uint8Array.from(recordOps, (op) => ({ none: 0, read: 1, write: 2, update: 3 })[op.flags]);
const faults = Uint8Array.from(recordOps, (op) => (op.faults ? 1 : 0));
/** Op to use when the flags are dead; −1: the same; −2: drop the record. */
const dead = Int16Array.from(recordOps, (op) => (op.dead === undefined ? -1 : op.dead === "" ? -2 : recordOp(op.dead)));
const DROPPED = 0xffff;

/**
 * Backwards over the records in [first, end): an op whose flags the next writer replaces before anybody can look gets
 * its variant without flags, or is marked to be dropped (true: some were). Whatever may fault is somebody who looks; so is the end of the block.
 */
export function dropDeadFlags(u16: Uint16Array, first: number, end: number): boolean {
  let live = true;
  let dropped = false;
  for (let at = end - RECORD_BYTES; at >= first; at -= RECORD_BYTES) {
    const op = u16[at >>> 1]!;
    const kind = effect[op]!;
    if (kind >= Effect.Write) {
      if (!live && dead[op] !== -1) {
        const other = dead[op]!;
        u16[at >>> 1] = other === -2 ? DROPPED : other;
        if (other === -2) dropped = true;
        continue;
      }
      live = kind === Effect.Update;
    } else if (kind === Effect.Read) live = true;
    if (faults[op] === 1) live = true;
  }
  return dropped;
}

/** Closes the gaps that `dropDeadFlags` left. `info` has one entry for each record, from index `firstInfo`. Gives the new end. */
export function compact(
  i32: Int32Array,
  u16: Uint16Array,
  first: number,
  end: number,
  info: Int32Array,
  firstInfo: number,
): number {
  let to = first;
  for (let from = first; from < end; from += RECORD_BYTES) {
    if (u16[(from + Field.op) >>> 1] === DROPPED) continue;
    if (to !== from) {
      i32.copyWithin(to >>> 2, from >>> 2, (from + RECORD_BYTES) >>> 2);
      info[firstInfo + ((to - first) >>> 4)] = info[firstInfo + ((from - first) >>> 4)]!;
    }
    to += RECORD_BYTES;
  }
  return to;
}
