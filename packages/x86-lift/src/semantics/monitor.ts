/** MONITOR, MWAIT: #UD outside ring 0; ECX extensions and hints are #GP(0) unless they exist. */
import { Register } from "x86-decode";
import { ExitKind, Segment, Vector } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

const RAX = 0;
const RCX = 1;

export const semantics: SemanticsTable = {
  monitor(b, insn, mode) {
    if (mode.cpl !== 0) return b.undefined();
    const bits = insn.addressSize as 16 | 32 | 64;
    const segment = insn.segmentPrefix === Register.None ? Segment.DS : insn.segmentPrefix - Register.ES;
    const offset = b.ea(bits, b.get(bits, RAX), undefined, 1, 0, 0);
    b.raiseIf(b.compare("ne", b.get(32, RCX), b.const(32, 0)), Vector.GP, 0);
    b.probe(segment, offset, 1, false);
    b.exit(ExitKind.Monitor, offset, undefined, segment);
  },
  /** Bit 0 of ECX: an interrupt ends the wait even while IF = 0. */
  mwait(b, _insn, mode) {
    if (mode.cpl !== 0) return b.undefined();
    b.raiseIf(b.compare("ltU", b.const(32, 1), b.get(32, RCX)), Vector.GP, 0);
    b.exit(ExitKind.Mwait);
  },
};
