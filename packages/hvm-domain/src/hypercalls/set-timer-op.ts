/**
 * set_timer_op: the calling vCPU's one-shot timer.
 *
 * Sources: Xen `xen/common/schedule.c` do_set_timer_op: an absolute system time in ns, 0 stops it; 32-bit callers pass two halves.
 */
import type { Hypercall } from "./hypercall.ts";

export const setTimerOp: Hypercall = {
  number: 15,
  name: "set_timer_op",
  call({ vcpu, wide, args: [low, high] }, { timers }) {
    const at = wide ? low : low | (high << 32n);
    timers.setSingleshot(vcpu.id, at === 0n ? undefined : at);
    return 0;
  },
};
