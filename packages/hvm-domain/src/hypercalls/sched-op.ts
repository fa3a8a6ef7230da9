/**
 * sched_op: giving up the processor, and the domain.
 *
 * Sources: Xen `xen/include/public/sched.h` (SCHEDOP_yield 0, block 1, shutdown 2, poll 3, remote_shutdown 4, shutdown_code 5, watchdog 6; reasons),
 * `xen/common/schedule.c` do_sched_op, do_poll.
 */
import { ShutdownCode, type ShutdownReason } from "../shutdown.ts";
import { commandCall, failure, readLong } from "./hypercall.ts";
import { boundedNs } from "./vcpu-timers.ts";

/** Ports of one poll (Xen: 128). */
const MAX_POLL = 128;

const nameOf = (code: number): ShutdownReason | undefined =>
  (Object.keys(ShutdownCode) as ShutdownReason[]).find((key) => ShutdownCode[key] === code);
const isReason = (code: number): boolean => nameOf(code) !== undefined;

export const schedOp = commandCall(29, "sched_op", {
  0(caller) {
    caller.next = "yield";
    return 0;
  },
  1(caller, { sharedInfo, polls }) {
    const { id } = caller.vcpu;
    sharedInfo.setUpcallMask(id, false);
    if (sharedInfo.isUpcallPending(id)) return 0;
    polls.wait(id, []);
    caller.next = "wait";
    return 0;
  },
  2({ args: [, address], read }, { domain }) {
    const reason = read(address, 4)?.getUint32(0, true);
    if (reason === undefined) return failure("EFAULT");
    const name = nameOf(reason);
    if (name === undefined) return failure("EINVAL");
    domain.shutdown(name, `SCHEDOP_shutdown: ${name}`);
    return 0;
  },
  // Timeout: absolute system time; 0 is none.
  3(caller, { events, polls, nowNs }) {
    const { args, wide, read, vcpu } = caller;
    const view = read(args[1], 24);
    if (view === undefined) return failure("EFAULT");
    const count = view.getUint32(wide ? 8 : 4, true);
    if (count > MAX_POLL) return failure("EINVAL");
    const list = read(readLong(view, 0, wide), count * 4);
    if (list === undefined) return failure("EFAULT");
    const ports = Array.from({ length: count }, (_, index) => list.getUint32(index * 4, true));
    if (ports.some((port) => !events.isPort(port))) return failure("EINVAL");
    if (ports.some((port) => events.isPending(port))) return 0;
    const timeout = view.getBigUint64(wide ? 16 : 8, true);
    polls.wait(vcpu.id, ports, timeout === 0n ? undefined : boundedNs(timeout, nowNs(vcpu.id)));
    caller.next = "wait";
    return 0;
  },
  // Of another domain: there is none. Of oneself: only the privileged domain may.
  4: () => failure("EPERM"),
  // What the guest says that its end was, before that is: nobody asks.
  5: ({ args: [, reason] }) => (isReason(Number(reason & 0xffff_ffffn)) ? 0 : failure("EINVAL")),
  6({ args: [, address], read }, { watchdogs }) {
    const view = read(address, 8);
    if (view === undefined) return failure("EFAULT");
    const result = watchdogs.set(view.getUint32(0, true), view.getUint32(4, true));
    return typeof result === "string" ? failure(result) : result;
  },
});
