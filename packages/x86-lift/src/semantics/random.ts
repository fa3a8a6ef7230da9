/** RDRAND, RDSEED: always succeed (CF = 1); the other five flags are cleared. */
import type { Semantics, SemanticsTable } from "../lift.ts";
import { Rflags } from "../rflags.ts";

function random(source: 0 | 1): Semantics {
  return (b) => {
    b.write(0, b.trunc(b.width(0), b.helper("random", undefined, undefined, undefined, source)));
    b.setRflags(b.const(64, 1), Rflags.Status);
    b.next();
  };
}

export const semantics: SemanticsTable = { rdrand: random(0), rdseed: random(1) };
