/** CLC, STC, CMC, CLD, STD, LAHF, SAHF, SALC. */
import { Flag } from "../ir.ts";
import type { Semantics, SemanticsTable } from "../lift.ts";

const AH = 16;

function put(flag: typeof Flag.CF | typeof Flag.DF, value: 0 | 1): Semantics {
  return (b) => {
    b.setFlag(flag, b.const(1, value, 0));
    b.next();
  };
}

export const semantics: SemanticsTable = {
  clc: put(Flag.CF, 0),
  stc: put(Flag.CF, 1),
  cld: put(Flag.DF, 0),
  std: put(Flag.DF, 1),
  cmc(b) {
    b.setFlag(Flag.CF, b.unary("not", b.getFlag(Flag.CF)));
    b.next();
  },
  lahf(b) {
    b.set(AH, b.trunc(8, b.getRflags()));
    b.next();
  },
  /** SF ZF AF PF CF; OF stays. */
  sahf(b) {
    b.setRflags(b.zext(64, b.get(8, AH)), 0xd5);
    b.next();
  },
  /** Undocumented in the manual's tables: AL ← CF ? 0xff : 0 (AMD APM vol. 3, appendix A, D6). */
  salc(b) {
    b.set(0, b.sext(8, b.getFlag(Flag.CF)));
    b.next();
  },
};
