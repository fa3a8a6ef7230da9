/** INVD, WBINVD, WBNOINVD, INVLPG, INVPCID. */
import { ExitKind } from "../ir.ts";
import type { Semantics, SemanticsTable } from "../lift.ts";
import { requireCpl0 } from "../privilege.ts";

function leave(kind: typeof ExitKind.Invd | typeof ExitKind.Wbinvd): Semantics {
  return (b) => {
    if (requireCpl0(b)) b.exit(kind);
  };
}

export const semantics: SemanticsTable = {
  invd: leave(ExitKind.Invd),
  wbinvd: leave(ExitKind.Wbinvd),
  wbnoinvd: leave(ExitKind.Wbinvd),
  invlpg(b) {
    if (!requireCpl0(b)) return;
    b.helper("invalidatePage", b.address(), undefined, undefined, b.segment);
    b.nextFresh();
  },
  invpcid(b) {
    if (!requireCpl0(b)) return;
    b.helper("invalidatePcid", b.zext(64, b.read(0)), b.address(), undefined, b.segment);
    b.nextFresh();
  },
};
