/**
 * hvm_op: parameters of the guest's own domain, and the time.
 *
 * Sources: Xen `xen/include/public/hvm/hvm_op.h` (HVMOP_set_param 0, get_param 1, flush_tlbs 5, get_time 10; struct xen_hvm_param),
 * `xen/arch/x86/hvm/hvm.c` do_hvm_op. The rest is the toolstack's, and -ENOSYS.
 */
import { DomainError } from "../errors.ts";
import { HVM_NR_PARAMS } from "../hvm-params.ts";
import { isWide } from "./caller.ts";
import { commandCall, failure, isSelf } from "./hypercall.ts";

const PARAM_BYTES = 16;
const VALUE = 8;
const CALLBACK_IRQ = 0;

export const hvmOp = commandCall(34, "hvm_op", {
  0({ vcpu, args: [, address], read }, xen) {
    const view = read(address, PARAM_BYTES);
    if (view === undefined) return failure("EFAULT");
    if (!isSelf(view.getUint16(0, true), xen)) return failure("ESRCH");
    const index = view.getUint32(4, true);
    if (index >= HVM_NR_PARAMS) return failure("EINVAL");
    try {
      xen.domain.params.set(index, view.getBigUint64(VALUE, true), "guest");
    } catch (error) {
      if (error instanceof DomainError) return -error.errno;
      throw error;
    }
    if (index === CALLBACK_IRQ) xen.sharedInfo.latch(isWide(vcpu));
    return 0;
  },
  1({ args: [, address], read, writeNumber }, xen) {
    const view = read(address, PARAM_BYTES);
    if (view === undefined) return failure("EFAULT");
    if (!isSelf(view.getUint16(0, true), xen)) return failure("ESRCH");
    const index = view.getUint32(4, true);
    if (index >= HVM_NR_PARAMS) return failure("EINVAL");
    return writeNumber(address + BigInt(VALUE), 8, xen.domain.params.get(index)) ? 0 : failure("EFAULT");
  },
  // Only all of them: the argument has to be null.
  5({ args: [, address] }, { domain }) {
    if (address !== 0n) return failure("ENOSYS");
    for (const vcpu of domain.vcpus) vcpu.flushTlb();
    return 0;
  },
  10: ({ vcpu, args: [, address], writeNumber }, { nowNs }) =>
    writeNumber(address, 8, nowNs(vcpu.id)) ? 0 : failure("EFAULT"),
});
