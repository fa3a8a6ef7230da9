/**
 * sched_op: giving up the processor, and the domain.
 *
 * Sources: Xen `xen/include/public/sched.h` (SCHEDOP_yield 0, block 1, shutdown 2, poll 3; reasons), `xen/common/schedule.c` do_sched_op.
 */
import { ShutdownCode, type ShutdownReason } from "../shutdown.ts";
import { commandCall, failure, readLong } from "./hypercall.ts";

/** Ports of one poll (Xen: 128). */
const MAX_POLL = 128;

export const schedOp = commandCall(29, "sched_op", {
  0(caller) {
    caller.next = "yield";
    return 0;
  },
  1(caller, { sharedInfo }) {
    const { id } = caller.vcpu;
    sharedInfo.setUpcallMask(id, false);
    if (!sharedInfo.isUpcallPending(id)) caller.next = "block";
    return 0;
  },
  2({ args: [, address], read }, { domain }) {
    const reason = read(address, 4)?.getUint32(0, true);
    if (reason === undefined) return failure("EFAULT");
    const name = (Object.keys(ShutdownCode) as ShutdownReason[]).find((key) => ShutdownCode[key] === reason);
    if (name === undefined) return failure("EINVAL");
    domain.shutdown(name, `SCHEDOP_shutdown: ${name}`);
    return 0;
  },
  // Returns at once when a port is pending; otherwise others run first, and the guest, which looks anyway, calls again.
  3(caller, { events }) {
    const { args, wide, read } = caller;
    const view = read(args[1], 16);
    if (view === undefined) return failure("EFAULT");
    const count = view.getUint32(wide ? 8 : 4, true);
    if (count > MAX_POLL) return failure("EINVAL");
    const ports = read(readLong(view, 0, wide), count * 4);
    if (ports === undefined) return failure("EFAULT");
    for (let index = 0; index < count; index++) {
      const port = ports.getUint32(index * 4, true);
      if (!events.isPort(port)) return failure("EINVAL");
      if (events.isPending(port)) return 0;
    }
    caller.next = "yield";
    return 0;
  },
});
