import type { Instruction } from "../instruction.ts";
import { formTable, memoryBytes } from "../tables.gen.ts";

/** How many elements one broadcast element fills: the n of `{1ton}`. */
export function broadcastCount(instruction: Instruction): number {
  return memoryBytes[formTable[(instruction.form << 2) + 3]! & 0xff]! / instruction.memSize;
}
