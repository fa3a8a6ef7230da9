/** PUSHA, PUSHAD, POPA, POPAD. */
import type { Builder } from "../builder.ts";
import { Segment } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";
import { RSP, setStackPointer, stackOffset, stackPointer } from "../stack.ts";

function pushAll(width: 16 | 32): (b: Builder) => void {
  return (b) => {
    const sp = stackPointer(b);
    for (let n = 0; n < 8; n++) b.store(Segment.SS, stackOffset(b, (-(n + 1) * width) / 8, sp), b.get(width, n));
    setStackPointer(b, stackOffset(b, -width, sp));
    b.next();
  };
}

function popAll(width: 16 | 32): (b: Builder) => void {
  return (b) => {
    const sp = stackPointer(b);
    const values = Array.from({ length: 8 }, (_, n) =>
      b.load(width, Segment.SS, stackOffset(b, ((7 - n) * width) / 8, sp)),
    );
    for (let n = 0; n < 8; n++) if (n !== RSP) b.set(n, values[n]!);
    setStackPointer(b, stackOffset(b, width, sp));
    b.next();
  };
}

export const semantics: SemanticsTable = {
  pusha: pushAll(16),
  pushad: pushAll(32),
  popa: popAll(16),
  popad: popAll(32),
};
