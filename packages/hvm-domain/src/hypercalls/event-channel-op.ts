/**
 * event_channel_op: binding ports, and sending to them.
 *
 * Sources: Xen `xen/include/public/event_channel.h` (commands, structures evtchn_*, EVTCHNSTAT_*), `xen/common/event_channel.c`. The FIFO ABI
 * (EVTCHNOP_init_control and later) is -ENOSYS, and so are physical interrupts (EVTCHNOP_bind_pirq). The host's end of a port is domain 0's.
 */
import type { XenErrnoName } from "../errors.ts";
import type { Outcome, Port } from "./event-channels.ts";
import { type Caller, commandCall, failure, isSelf, type XenServices } from "./hypercall.ts";

const statusNumbers = { closed: 0, unbound: 1, interdomain: 2, virq: 4, ipi: 5, host: 2 } as const;
const STATUS_BYTES = 24;

/** Reads the structure, and writes the port that comes of it at `output`. */
const binding =
  (bytes: number, output: number, bind: (view: DataView, xen: XenServices) => Outcome) =>
  ({ args: [, address], read, writeNumber }: Caller, xen: XenServices): number => {
    const view = read(address, bytes);
    if (view === undefined) return failure("EFAULT");
    const port = bind(view, xen);
    if (typeof port === "string") return failure(port);
    return writeNumber(address + BigInt(output), 4, BigInt(port)) ? 0 : failure("EFAULT");
  };

const acting =
  (bytes: number, act: (view: DataView, xen: XenServices) => XenErrnoName | undefined) =>
  ({ args: [, address], read }: Caller, xen: XenServices): number => {
    const view = read(address, bytes);
    if (view === undefined) return failure("EFAULT");
    const error = act(view, xen);
    return error === undefined ? 0 : failure(error);
  };

const first = (view: DataView): number => view.getUint32(0, true);
const second = (view: DataView): number => view.getUint32(4, true);

function describe(bound: Port, view: DataView, { domain }: XenServices): void {
  view.setUint32(8, statusNumbers[bound.kind], true);
  view.setUint32(12, bound.vcpuId, true);
  if (bound.kind === "unbound") view.setUint16(16, bound.remote, true);
  if (bound.kind === "virq") view.setUint32(16, bound.virq, true);
  if (bound.kind === "interdomain") {
    view.setUint16(16, domain.domid, true);
    view.setUint32(20, bound.peer, true);
  }
}

export const eventChannelOp = commandCall(32, "event_channel_op", {
  0: binding(12, 8, (view, xen) =>
    isSelf(view.getUint16(0, true), xen)
      ? xen.events.bindLoopback(second(view), (domid) => isSelf(domid, xen))
      : "ESRCH",
  ),
  1: binding(12, 8, (view, { events }) => events.bindVirq(first(view), second(view))),
  3: acting(4, (view, { events }) => events.close(first(view))),
  4: acting(4, (view, { events }) => events.send(first(view))),
  5({ args: [, address], read, write }, xen) {
    const view = read(address, STATUS_BYTES);
    if (view === undefined) return failure("EFAULT");
    if (!isSelf(view.getUint16(0, true), xen)) return failure("ESRCH");
    const port = second(view);
    if (!xen.events.isPort(port)) return failure("EINVAL");
    const bound = xen.events.at(port);
    if (bound === undefined) view.setUint32(8, statusNumbers.closed, true);
    else describe(bound, view, xen);
    return write(address, new Uint8Array(view.buffer, view.byteOffset, STATUS_BYTES)) ? 0 : failure("EFAULT");
  },
  6: binding(8, 4, (view, xen) =>
    isSelf(view.getUint16(0, true), xen) ? xen.events.allocUnbound(view.getUint16(2, true)) : "ESRCH",
  ),
  7: binding(8, 4, (view, { events }) => events.bindIpi(first(view))),
  8: acting(8, (view, { events }) => events.bindVcpu(first(view), second(view))),
  9: acting(4, (view, { events }) => events.unmask(first(view))),
  10: acting(2, (view, xen) => {
    if (!isSelf(view.getUint16(0, true), xen)) return "ESRCH";
    xen.events.reset();
    return undefined;
  }),
});
