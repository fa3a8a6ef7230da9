/**
 * physdev_op: interrupts are the board's controllers' business, and no physical one is mapped to an event channel.
 *
 * Sources: Xen `xen/include/public/physdev.h` (PHYSDEVOP_irq_status_query 5, eoi 12), `xen/arch/x86/physdev.c` do_physdev_op, `hvm/hvm.c` hvm_physdev_op.
 * XENFEAT_hvm_pirqs is not announced, so mapping (13, 14, 23) is -ENOSYS.
 */
import { commandCall, failure } from "./hypercall.ts";

/** Lines of the I/O APIC. */
const GSIS = 24;

export const physdevOp = commandCall(33, "physdev_op", {
  /** An emulated interrupt needs no PHYSDEVOP_eoi and is nobody else's: no flag is set. */
  5({ args: [, address], read, writeNumber }) {
    const irq = read(address, 8)?.getUint32(0, true);
    if (irq === undefined) return failure("EFAULT");
    if (irq >= GSIS) return failure("EINVAL");
    return writeNumber(address + 4n, 4, 0n) ? 0 : failure("EFAULT");
  },
  12: ({ args: [, address], read }) => failure(read(address, 4) === undefined ? "EFAULT" : "EINVAL"),
});
