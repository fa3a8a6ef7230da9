/** The table of record ops: the number in a record is the position here, hot ones first. */

import { floatOps } from "../simd/float.ts";
import { simdOps } from "../simd/index.ts";
import { stringOps } from "../string/ops.ts";
import { x87Ops } from "../x87/ops.ts";
import { aluOps } from "./alu.ts";
import { controlOps } from "./control.ts";
import type { RecordOp } from "./emit.ts";
import { genericOps } from "./generic.ts";
import { basedOp, memoryOps, stackOps, storeImmediateOps } from "./memory.ts";
import { moveOps } from "./move.ts";

const all: readonly RecordOp[] = [
  ...controlOps,
  ...moveOps,
  ...aluOps,
  ...memoryOps,
  ...storeImmediateOps,
  ...stackOps,
  basedOp,
  ...genericOps,
  ...simdOps,
  ...floatOps,
  ...x87Ops,
  ...stringOps,
];

export const recordOps: readonly RecordOp[] = [...all.filter((op) => op.hot), ...all.filter((op) => !op.hot)];
export const hotOpCount: number = all.filter((op) => op.hot).length;

const numbers = new Map(recordOps.map((op, number) => [op.name, number]));
if (numbers.size !== recordOps.length) throw new Error("two record ops have one name");

/** Number of a record op, undefined when there is none of that name. */
export const findRecordOp = (name: string): number | undefined => numbers.get(name);

/** Number of a record op. For tables made once; throws for a name that is none. */
export function recordOp(name: string): number {
  const number = numbers.get(name);
  if (number === undefined) throw new Error(`no record op ${name}`);
  return number;
}
