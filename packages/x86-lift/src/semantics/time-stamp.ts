/** RDTSC, RDTSCP, RDPID. */
import { type Builder, gprNumber, type Val } from "../builder.ts";
import { Vector } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

const RAX = 0;
const RCX = 1;
const RDX = 2;

/** #GP(0) outside ring 0 when CR4.TSD is set. */
function mayReadTsc(b: Builder): boolean {
  if (b.mode.cpl === 0 || !b.mode.cr4.tsd) return true;
  b.raise(Vector.GP, 0);
  return false;
}

function split(b: Builder, tsc: Val): void {
  b.set(RAX, b.trunc(32, tsc));
  b.set(RDX, b.trunc(32, b.shift("shr", tsc, b.const(8, 32))));
}

export const semantics: SemanticsTable = {
  rdtsc(b) {
    if (!mayReadTsc(b)) return;
    split(b, b.helper("readTsc"));
    b.next();
  },
  rdtscp(b) {
    if (!mayReadTsc(b)) return;
    split(b, b.helper("readTsc"));
    b.set(RCX, b.getField("tscAux"));
    b.next();
  },
  rdpid(b, insn) {
    b.set(gprNumber(insn.opReg0), b.getField("tscAux"));
    b.next();
  },
};
