/** INT n, INT3, INTO, INT1, IRET. */

import { Vector } from "../ir.ts";
import type { Semantics, SemanticsTable } from "../lift.ts";

function software(vector: number, kind: number): Semantics {
  return (b) => {
    b.helper("softwareInterrupt", undefined, undefined, undefined, vector, kind);
    b.dispatch();
  };
}

const interruptReturn: Semantics = (b, insn) => {
  b.helper("interruptReturn", undefined, undefined, undefined, insn.operandSize);
  b.dispatch();
};

export const semantics: SemanticsTable = {
  int: (b, insn, mode) => software(insn.immLow & 0xff, 0)(b, insn, mode),
  int3: software(Vector.BP, 1),
  into: software(Vector.OF, 2),
  int1: software(Vector.DB, 3),
  iret: interruptReturn,
  iretd: interruptReturn,
  iretq: interruptReturn,
};
