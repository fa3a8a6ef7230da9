/** Threads: making and ending them, futexes, giving way. Source: Linux kernel/{fork,exit,futex}.c; clone(2), futex(2). */
import { Errno } from "../errno.ts";
import { TLS_ENTRIES } from "../kernel-area.ts";
import type { LinuxProcess } from "../process.ts";
import { loadableSegment, type Segment } from "../segment-descriptors.ts";
import { int, type SyscallTable } from "../syscall.ts";
import { SEGMENTS, type UserState } from "../thread.ts";
import { Gpr } from "../vcpu.ts";
import { tlsEntry } from "./segments.ts";
import { readTimespec } from "./time.ts";

const CLONE_VM = 0x100;
const CLONE_SIGHAND = 0x800;
const CLONE_THREAD = 0x1_0000;
const CLONE_SETTLS = 0x8_0000;
const CLONE_PARENT_SETTID = 0x10_0000;
const CLONE_CHILD_CLEARTID = 0x20_0000;
const CLONE_CHILD_SETTID = 0x100_0000;
/** What makes a thread of this process; without all three it would be another process. */
const THREAD_FLAGS = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD;

const FUTEX_COMMAND = 0x7f;
const FUTEX_CLOCK_REALTIME = 0x100;
const MATCH_ANY = -1;

interface CloneRequest {
  readonly flags: number;
  readonly stack: number;
  readonly parentTid: number;
  readonly childTid: number;
  readonly tls: number;
}

/** Segments of a new thread: its own base in FS, or the loaded ones of a descriptor that takes its entry's place. */
const withTls = (segments: UserState["segments"], tls: bigint | { index: number; descriptor: bigint }): Segment[] =>
  segments.map((segment, i) => {
    if (typeof tls === "bigint") return SEGMENTS[i] === "fs" ? { ...segment, base: tls } : segment;
    if (segment.selector >> 2 !== tls.index << 1) return segment;
    return loadableSegment(segment.selector, tls.descriptor, "data") ?? segment;
  });

export function clone(process: LinuxProcess, { flags, stack, parentTid, childTid, tls }: CloneRequest): number {
  if ((flags & THREAD_FLAGS) !== THREAD_FLAGS) return -Errno.ENOSYS;
  const is64 = process.abi.word === 8;
  const entry = flags & CLONE_SETTLS && !is64 ? tlsEntry(process, tls) : undefined;
  if (typeof entry === "number") return entry;
  const thread = process.createThread((state) => {
    const registers = state.registers.slice();
    registers[Gpr.RAX] = 0n;
    if (stack !== 0) registers[Gpr.RSP] = BigInt.asUintN(64, BigInt(stack));
    if (!(flags & CLONE_SETTLS)) return { ...state, registers };
    return { ...state, registers, segments: withTls(state.segments, entry ?? BigInt.asUintN(47, BigInt(tls))) };
  });
  if (!thread) return -Errno.EAGAIN;
  if (entry) thread.tls = thread.tls.map((old, i) => (i === entry.index - TLS_ENTRIES.first ? entry.descriptor : old));
  const tid = new Uint8Array(4);
  new DataView(tid.buffer).setInt32(0, thread.tid, true);
  // A bad address is not told: the thread is there already (clone(2) says nothing of EFAULT).
  if (flags & CLONE_PARENT_SETTID) process.space.write(parentTid, tid);
  if (flags & CLONE_CHILD_SETTID) process.space.write(childTid, tid);
  if (flags & CLONE_CHILD_CLEARTID) thread.clearTid = childTid;
  return thread.tid;
}

export function futex(
  process: LinuxProcess,
  address: number,
  operation: number,
  value: number,
  timeout: number,
  other: number,
  third: number,
  timespecWord: 4 | 8,
): number | undefined {
  const command = operation & FUTEX_COMMAND;
  if (address % 4 !== 0) return -Errno.EINVAL;
  const current = process.space.readU32(address);
  if (current === undefined) return -Errno.EFAULT;
  const { threads, time } = process;
  switch (command) {
    case 0: // FUTEX_WAIT
    case 9: {
      // FUTEX_WAIT_BITSET
      const futexMask = command === 9 ? int(third) : MATCH_ANY;
      if (futexMask === 0) return -Errno.EINVAL;
      if (current !== value >>> 0) return -Errno.EAGAIN;
      const common = { what: "futex wait with no other thread to end it", futex: address, futexMask };
      if (timeout === 0) return process.wait({ ...common, timeoutResult: 0 });
      const wanted = readTimespec(process, timeout, timespecWord);
      if (typeof wanted === "number") return wanted;
      const clock = operation & FUTEX_CLOCK_REALTIME ? time.wallNs() : time.monotonicNs();
      const ns = command === 9 ? wanted - clock : wanted;
      const untilNs = time.monotonicNs() + (ns > 0n ? ns : 0n);
      return process.wait({ ...common, untilNs, timeoutResult: -Errno.ETIMEDOUT });
    }
    case 1: // FUTEX_WAKE
      return threads.wakeFutex(address, int(value), MATCH_ANY);
    case 10: // FUTEX_WAKE_BITSET
      return int(third) === 0 ? -Errno.EINVAL : threads.wakeFutex(address, int(value), int(third));
    case 3: // FUTEX_REQUEUE: `timeout` is how many to move
      return threads.wakeFutex(address, int(value), MATCH_ANY, int(timeout), other);
    case 4: // FUTEX_CMP_REQUEUE
      if (current !== third >>> 0) return -Errno.EAGAIN;
      return threads.wakeFutex(address, int(value), MATCH_ANY, int(timeout), other);
    default:
      return -Errno.ENOSYS;
  }
}

export const threadSyscalls = {
  clone: {
    number: 56,
    args: ["hex", "pointer", "pointer", "pointer", "hex"],
    run: (p, flags, stack, parentTid, childTid, tls) => clone(p, { flags, stack, parentTid, childTid, tls }),
  },
  exit: { number: 60, args: ["int"], run: (p, status) => p.exitThread(status & 0xff) },
  exit_group: {
    number: 231,
    args: ["int"],
    run(p, status) {
      p.exit(status & 0xff);
      return undefined;
    },
  },
  gettid: { number: 186, args: [], run: (p) => p.threads.current.tid },
  set_tid_address: {
    number: 218,
    args: ["pointer"],
    run(p, address) {
      p.threads.current.clearTid = address;
      return p.threads.current.tid;
    },
  },
  set_robust_list: {
    number: 273,
    args: ["pointer", "size"],
    run: (_p, _head, size) => (size === 24 ? 0 : -Errno.EINVAL),
  },
  sched_yield: {
    number: 24,
    args: [],
    run(p) {
      p.giveWay();
      return 0;
    },
  },
  futex: {
    number: 202,
    args: ["pointer", "hex", "int", "pointer", "pointer", "hex"],
    run: (p, address, operation, value, timeout, other, third) =>
      futex(p, address, operation, value, timeout, other, third, 8),
  },
} as const satisfies SyscallTable;
