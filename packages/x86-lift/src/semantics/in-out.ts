/** IN and OUT. */
import { OpKind } from "x86-decode";
import type { Builder, Val } from "../builder.ts";
import { ExitKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";
import { checkPort, portAccessBits } from "../port-io.ts";

function access(b: Builder, input: boolean, portOperand: 0 | 1): void {
  const { insn } = b;
  const bytes = (b.width(1 - portOperand) / 8) as 1 | 2 | 4;
  const immediate = insn.opKind(portOperand) === OpKind.Immediate;
  const port: Val = immediate ? b.const(16, insn.immLow & 0xff) : b.get(16, 2);
  checkPort(b, port, bytes);
  b.exit(
    ExitKind.Io,
    port,
    undefined,
    portAccessBits({ bytes, input, immediate, string: false, repeated: false }, insn.addressSize),
  );
}

export const semantics: SemanticsTable = {
  in: (b) => access(b, true, 1),
  out: (b) => access(b, false, 0),
};
