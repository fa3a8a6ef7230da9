/** CBW, CWDE, CDQE: into the same register. CWD, CDQ, CQO: into rDX. */
import type { Builder } from "../builder.ts";
import type { SemanticsTable } from "../lift.ts";

function widen(from: 8 | 16 | 32, to: 16 | 32 | 64): (b: Builder) => void {
  return (b) => {
    b.set(0, b.sext(to, b.get(from, 0)));
    b.next();
  };
}

function spread(width: 16 | 32 | 64): (b: Builder) => void {
  return (b) => {
    b.set(2, b.shift("sar", b.get(width, 0), b.const(8, width - 1)));
    b.next();
  };
}

export const semantics: SemanticsTable = {
  cbw: widen(8, 16),
  cwde: widen(16, 32),
  cdqe: widen(32, 64),
  cwd: spread(16),
  cdq: spread(32),
  cqo: spread(64),
};
