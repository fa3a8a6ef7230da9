/**
 * vcpu_op: information, timers and areas of one vCPU.
 *
 * Sources: Xen `xen/include/public/vcpu.h` (commands and structures), `xen/common/domain.c` do_vcpu_op, map_vcpu_info. What an HVM guest does with
 * its APIC (initialise, up, down, send_nmi) is -ENOSYS, as in Xen 4.5.
 */
import { type Caller, failure, type Hypercall, PAGE_SIZE, ramPage, readLong, type XenServices } from "./hypercall.ts";
import { MIN_PERIOD_NS } from "./vcpu-timers.ts";

const VCPU_INFO_BYTES = 64;
const RUNNING = 0;
const BLOCKED = 2;
/** VCPU_SSHOTTMR_future: a time that is past is an error. */
const FUTURE = 1;

type Command = (caller: Caller, xen: XenServices, vcpuId: number) => number;

/** struct vcpu_runstate_info: no simulated vCPU ever waits for a processor. */
function runstate({ wide }: Caller, { domain, nowNs }: XenServices, vcpuId: number): Uint8Array {
  const long = wide ? 8 : 4;
  const view = new DataView(new ArrayBuffer(long + 5 * 8));
  const isOnline = domain.isOnline(vcpuId);
  view.setUint32(0, isOnline ? RUNNING : BLOCKED, true);
  view.setBigUint64(long + 8 + 8 * (isOnline ? RUNNING : BLOCKED), nowNs(vcpuId), true);
  return new Uint8Array(view.buffer);
}

const commands: Readonly<Record<number, Command>> = {
  3: (_, { domain }, vcpuId) => (domain.isOnline(vcpuId) ? 1 : 0),
  4: (caller, xen, vcpuId) => (caller.write(caller.args[2], runstate(caller, xen, vcpuId)) ? 0 : failure("EFAULT")),
  5(caller, xen, vcpuId) {
    const view = caller.read(caller.args[2], 8);
    if (view === undefined) return failure("EFAULT");
    // Whatever cannot be written is not written, as in Xen.
    caller.write(readLong(view, 0, caller.wide), runstate(caller, xen, vcpuId));
    return 0;
  },
  6(caller, { timers }, vcpuId) {
    const period = caller.read(caller.args[2], 8)?.getBigUint64(0, true);
    if (period === undefined) return failure("EFAULT");
    if (period < MIN_PERIOD_NS) return failure("EINVAL");
    timers.setPeriodic(vcpuId, period);
    return 0;
  },
  7(_, { timers }, vcpuId) {
    timers.setPeriodic(vcpuId, undefined);
    return 0;
  },
  8({ vcpu, args: [, , address], wide, read }, { timers, nowNs }, vcpuId) {
    if (vcpu.id !== vcpuId) return failure("EINVAL");
    const view = read(address, wide ? 16 : 12);
    if (view === undefined) return failure("EFAULT");
    const at = view.getBigUint64(0, true);
    if ((view.getUint32(8, true) & FUTURE) !== 0 && at < nowNs(vcpuId)) return failure("ETIME");
    timers.setSingleshot(vcpuId, at);
    return 0;
  },
  9({ vcpu }, { timers }, vcpuId) {
    if (vcpu.id !== vcpuId) return failure("EINVAL");
    timers.setSingleshot(vcpuId, undefined);
    return 0;
  },
  10({ args: [, , address], read }, { memory, sharedInfo }, vcpuId) {
    const view = read(address, 16);
    if (view === undefined) return failure("EFAULT");
    const offset = view.getUint32(8, true);
    if (offset > PAGE_SIZE - VCPU_INFO_BYTES || offset % 4 !== 0) return failure("EINVAL");
    const page = ramPage(memory, view.getBigUint64(0, true));
    if (page === undefined) return failure("EINVAL");
    return sharedInfo.placeVcpuInfo(vcpuId, page + offset) ? 0 : failure("EINVAL");
  },
  // register_vcpu_time_memory_area: the relation of counter and time does not change, so it is written once.
  13(caller, { sharedInfo }, vcpuId) {
    const view = caller.read(caller.args[2], 8);
    if (view === undefined) return failure("EFAULT");
    caller.write(readLong(view, 0, caller.wide), sharedInfo.timeInfo(vcpuId));
    return 0;
  },
};

export const vcpuOp: Hypercall = {
  number: 24,
  name: "vcpu_op",
  call(caller, xen) {
    const command = Number(caller.args[0] & 0xffff_ffffn);
    const vcpuId = Number(caller.args[1] & 0xffff_ffffn);
    if (vcpuId >= xen.domain.vcpus.length) return failure("ENOENT");
    return Object.hasOwn(commands, command) ? commands[command]!(caller, xen, vcpuId) : failure("ENOSYS");
  },
};
