/** RDPKRU, WRPKRU: #UD without CR4.PKE; #GP(0) unless ECX = 0 (and EDX = 0 for WRPKRU). */
import type { Builder } from "../builder.ts";
import { Vector } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

const RAX = 0;
const RCX = 1;
const RDX = 2;

function requireZero(b: Builder, register: number): void {
  b.raiseIf(b.compare("ne", b.get(32, register), b.const(32, 0)), Vector.GP, 0);
}

export const semantics: SemanticsTable = {
  rdpkru(b, _insn, mode) {
    if (!mode.cr4.pke) return b.undefined();
    requireZero(b, RCX);
    b.set(RAX, b.getField("pkru"));
    b.set(RDX, b.const(32, 0));
    b.next();
  },
  wrpkru(b, _insn, mode) {
    if (!mode.cr4.pke) return b.undefined();
    requireZero(b, RCX);
    requireZero(b, RDX);
    b.setField("pkru", b.get(32, RAX));
    b.nextFresh();
  },
};
