import { Vector } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  /** #BR unless lower ≤ index ≤ upper, all signed. */
  bound(b) {
    const index = b.read(0);
    const width = b.widthOf(index);
    const lower = b.load(width, b.segment, b.address());
    const upper = b.load(width, b.segment, b.address(width / 8));
    b.raiseIf(b.or(b.compare("ltS", index, lower), b.compare("ltS", upper, index)), Vector.BR);
    b.next();
  },
};
