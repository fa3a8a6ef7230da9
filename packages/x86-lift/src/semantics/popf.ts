/**
 * POPF, POPFD, POPFQ. What changes depends on mode and privilege: IOPL only at CPL 0, IF only with CPL ≤ IOPL, never
 * VM, VIF and VIP. In VM86 mode with IOPL < 3 they are #GP(0), except 16-bit POPF with CR4.VME, which moves IF to VIF
 * and is #GP(0) for TF, or for IF while VIP is set; PVI gives CPL 3 no such POPF. Source: SDM vol. 2, POPF, table 4-15.
 */
import type { Builder, Val } from "../builder.ts";
import { Segment, Vector } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";
import { Rflags } from "../rflags.ts";
import { setStackPointer, stackOffset, stackPointer } from "../stack.ts";

const always = Rflags.Status | Rflags.TF | Rflags.DF | Rflags.NT;

function popFlags(width: 16 | 32 | 64): (b: Builder) => void {
  return (b) => {
    const { virtual8086, iopl, cpl, cr4 } = b.mode;
    const virtualized = virtual8086 && iopl < 3;
    if (virtualized && !(cr4.vme && width === 16)) return b.raise(Vector.GP, 0);
    const sp = stackPointer(b);
    const flags = b.zext(64, b.load(width, Segment.SS, stackOffset(b, 0, sp)));
    const popped = stackOffset(b, width / 8, sp);
    if (virtualized) {
      popVirtual(b, flags, popped);
    } else {
      let mask: number = always;
      if (!virtual8086 && cpl === 0) mask |= Rflags.IOPL;
      if (cpl <= iopl) mask |= Rflags.IF;
      // RF is cleared by the 32- and 64-bit forms.
      if (width !== 16) mask |= Rflags.AC | Rflags.ID | Rflags.RF;
      setStackPointer(b, popped);
      b.helper("writeRflags", width === 16 ? flags : b.and(flags, b.const(64, ~Rflags.RF)), undefined, undefined, mask);
    }
    b.nextFresh();
  };
}

/** VME: the interrupt flag that the guest pops is VIF. */
function popVirtual(b: Builder, flags: Val, popped: Val): void {
  const bit = (v: Val, mask: number) => b.compare("ne", b.and(v, b.const(64, mask)), b.const(64, 0));
  const pending = b.and(bit(b.getRflags(), Rflags.VIP), bit(flags, Rflags.IF));
  b.raiseIf(b.or(bit(flags, Rflags.TF), pending), Vector.GP, 0);
  const vif = b.shift("shl", b.and(flags, b.const(64, Rflags.IF)), b.const(8, 10));
  setStackPointer(b, popped);
  b.helper("writeRflags", b.or(b.and(flags, b.const(64, ~Rflags.VIF)), vif), undefined, undefined, always | Rflags.VIF);
}

export const semantics: SemanticsTable = { popf: popFlags(16), popfd: popFlags(32), popfq: popFlags(64) };
