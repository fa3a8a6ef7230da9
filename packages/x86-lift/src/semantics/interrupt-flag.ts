/** CLI and STI, with the virtual interrupt flag of VME and PVI. Source: SDM vol. 2, CLI table 3-7, STI table 4-19. */
import type { Builder } from "../builder.ts";
import { Vector } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";
import { Rflags } from "../rflags.ts";

/** Which flag the instruction may touch here: IF, VIF, or none (#GP). */
function reach(b: Builder): "if" | "vif" | "none" {
  const { protectedMode, virtual8086, cpl, iopl, cr4 } = b.mode;
  if (!protectedMode || cpl <= iopl) return "if";
  if (virtual8086 ? cr4.vme : cpl === 3 && cr4.pvi) return "vif";
  return "none";
}

export const semantics: SemanticsTable = {
  cli(b) {
    const flag = reach(b);
    if (flag === "none") return b.raise(Vector.GP, 0);
    b.setRflags(b.const(64, 0), flag === "if" ? Rflags.IF : Rflags.VIF);
    b.next();
  },

  sti(b) {
    const flag = reach(b);
    if (flag === "none") return b.raise(Vector.GP, 0);
    if (flag === "if") {
      b.helper("enableInterrupts");
      return b.nextFresh();
    }
    const pending = b.and(b.getRflags(), b.const(64, Rflags.VIP));
    b.raiseIf(b.compare("ne", pending, b.const(64, 0)), Vector.GP, 0);
    b.setRflags(b.const(64, Rflags.VIF), Rflags.VIF);
    b.next();
  },
};
