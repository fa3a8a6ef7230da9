/** FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ: push a constant. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fld1: (b) => x87(b, "x87LoadConstant", 0),
  fldl2t: (b) => x87(b, "x87LoadConstant", 1),
  fldl2e: (b) => x87(b, "x87LoadConstant", 2),
  fldpi: (b) => x87(b, "x87LoadConstant", 3),
  fldlg2: (b) => x87(b, "x87LoadConstant", 4),
  fldln2: (b) => x87(b, "x87LoadConstant", 5),
  fldz: (b) => x87(b, "x87LoadConstant", 6),
} as const satisfies SemanticsTable;
