/** FCMOVB, FCMOVE, FCMOVBE, FCMOVU and their opposites: conditional move. */
import type { Builder } from "../../builder.ts";
import type { SemanticsTable } from "../../lift.ts";
import { requireX87 } from "../../simd/availability.ts";
import { stackNumber } from "../../simd/x87-shapes.ts";

/** `condition`: as in Jcc. */
function move(b: Builder, condition: number): void {
  if (!requireX87(b, "cmov")) return;
  b.helper("x87MoveIf", b.cond(condition), undefined, undefined, stackNumber(b, 1));
  b.next();
}

export const semantics = {
  fcmovb: (b) => move(b, 2),
  fcmove: (b) => move(b, 4),
  fcmovbe: (b) => move(b, 6),
  fcmovu: (b) => move(b, 10),
  fcmovnb: (b) => move(b, 3),
  fcmovne: (b) => move(b, 5),
  fcmovnbe: (b) => move(b, 7),
  fcmovnu: (b) => move(b, 11),
} as const satisfies SemanticsTable;
