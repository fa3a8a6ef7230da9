/** MOVD, MOVQ: move between vector and general registers or memory. A vector destination is zero-extended. */
import type { Builder } from "../../builder.ts";
import type { SemanticsTable } from "../../lift.ts";
import { requireMmx, requireSse } from "../../simd/availability.ts";
import { isMemory, isMm, isXmm, readMmx } from "../../simd/shapes.ts";

function move(b: Builder, width: 32 | 64): void {
  const mmx = isMm(b, 0) || isMm(b, 1);
  if (!(mmx ? requireMmx(b, "mmx") : requireSse(b, "sse2"))) return;
  if (isXmm(b, 0)) b.write(0, b.zext(128, b.read(1, width)));
  else if (isMm(b, 0)) b.write(0, b.zext(64, readMmx(b, 1, width)));
  else if (mmx) {
    // The store's fault comes before the change of the x87 state.
    b.helper("x87Wait");
    const value = b.read(1, width);
    if (isMemory(b, 0)) b.write(0, value);
    b.helper("mmxEnter");
    if (!isMemory(b, 0)) b.write(0, value);
  } else b.write(0, b.read(1, width));
  b.next();
}

export const semantics = {
  movd: (b) => move(b, 32),
  movq: (b) => move(b, 64),
} as const satisfies SemanticsTable;
