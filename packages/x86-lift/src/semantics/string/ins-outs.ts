/** INS and OUTS, with and without REP: the helper leaves to the hypervisor, which moves the data. */
import { Segment } from "../../ir.ts";
import type { Semantics, SemanticsTable } from "../../lift.ts";
import { checkPort, portAccessBits } from "../../port-io.ts";
import { isRepeated } from "../../string-operand.ts";

function access(input: boolean, bytes: 1 | 2 | 4): Semantics {
  return (b, insn) => {
    const port = b.get(16, 2);
    checkPort(b, port, bytes);
    const bits = portAccessBits(
      { bytes, input, immediate: false, string: true, repeated: isRepeated(insn) },
      insn.addressSize,
    );
    b.helper("stringIo", port, undefined, undefined, bits, input ? Segment.ES : b.segment);
    b.next();
  };
}

export const semantics: SemanticsTable = {
  insb: access(true, 1),
  insw: access(true, 2),
  insd: access(true, 4),
  outsb: access(false, 1),
  outsw: access(false, 2),
  outsd: access(false, 4),
};
