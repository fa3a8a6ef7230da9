/**
 * PUSHF, PUSHFD, PUSHFQ: RF and VM read as 0. In VM86 mode with IOPL < 3 they are #GP(0), except 16-bit PUSHF with
 * CR4.VME, which shows VIF as IF and IOPL as 3. Source: SDM vol. 2, PUSHF/PUSHFD/PUSHFQ.
 */
import type { Builder } from "../builder.ts";
import { Vector } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";
import { Rflags } from "../rflags.ts";
import { push } from "../stack.ts";

function pushFlags(width: 16 | 32 | 64): (b: Builder) => void {
  return (b) => {
    const { virtual8086, iopl, cr4 } = b.mode;
    const virtualized = virtual8086 && iopl < 3;
    if (virtualized && !(cr4.vme && width === 16)) return b.raise(Vector.GP, 0);
    const flags = b.getRflags();
    if (virtualized) {
      const kept = b.and(flags, b.const(64, ~(Rflags.IF | Rflags.IOPL)));
      const vif = b.and(b.shift("shr", flags, b.const(8, 10)), b.const(64, Rflags.IF));
      push(b, b.trunc(16, b.or(b.or(kept, vif), b.const(64, Rflags.IOPL))));
    } else {
      push(b, width === 16 ? b.trunc(16, flags) : b.trunc(width, b.and(flags, b.const(64, 0xfc_ffff))));
    }
    b.next();
  };
}

export const semantics: SemanticsTable = { pushf: pushFlags(16), pushfd: pushFlags(32), pushfq: pushFlags(64) };
