import { Register } from "x86-decode";
import type { Builder, Val } from "./builder.ts";
import { Segment } from "./ir.ts";

export const isSegment = (register: number): boolean => register >= Register.ES && register <= Register.GS;

/**
 * Segment ← selector. `blocking`: by MOV or POP, which after SS holds interrupts off for one instruction. The fragment
 * must end with `nextFresh`.
 */
export function loadSegment(b: Builder, segment: number, selector: Val, blocking: boolean): void {
  b.helper("loadSegment", selector, undefined, undefined, segment, blocking && segment === Segment.SS ? 1 : 0);
}
