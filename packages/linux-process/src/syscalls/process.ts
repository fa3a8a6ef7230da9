/** Process, thread and system identity, limits, futexes, exit. One process, one thread. Source: man-pages 6. */
import { Errno } from "../errno.ts";
import { STACK_BYTES } from "../load-program.ts";
import type { LinuxProcess } from "../process.ts";
import { int, type SyscallTable } from "../syscall.ts";
import { HOST_NAME, KERNEL_RELEASE, LAST_CAPABILITY } from "../system-files.ts";
import { Msr } from "../vcpu.ts";
import { readTimespec } from "./time.ts";

const ARCH_SET_GS = 0x1001;
const ARCH_SET_FS = 0x1002;
const ARCH_GET_FS = 0x1003;
const ARCH_GET_GS = 0x1004;
const FUTEX_COMMAND = 0x7f;
const FUTEX_CLOCK_REALTIME = 0x100;
const INFINITY = 0xffff_ffff_ffff_ffffn;
const RLIMIT_STACK = 3;
const RLIMIT_NOFILE = 7;
const LAST_LIMIT = 15;
/** Bytes that one getrandom makes at most; programs must expect fewer than they asked for. */
const MAX_RANDOM = 1 << 20;
const PR_SET_NAME = 15;
const PR_GET_NAME = 16;
const PR_CAPBSET_READ = 23;

function limits(process: LinuxProcess, resource: number, address: number): number {
  if (resource < 0 || resource > LAST_LIMIT) return -Errno.EINVAL;
  if (address === 0) return 0;
  const soft = resource === RLIMIT_STACK ? BigInt(STACK_BYTES) : resource === RLIMIT_NOFILE ? 1024n : INFINITY;
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, soft, true);
  view.setBigUint64(8, resource === RLIMIT_NOFILE ? 1024n : INFINITY, true);
  return process.space.write(address, bytes) ? 0 : -Errno.EFAULT;
}

/** struct utsname: six fields of 65 bytes. */
function utsname(): Uint8Array {
  const bytes = new Uint8Array(6 * 65);
  const encoder = new TextEncoder();
  ["Linux", HOST_NAME, KERNEL_RELEASE, "#1 simulated", "x86_64", "(none)"].forEach(
    (text, index) => void bytes.set(encoder.encode(text), index * 65),
  );
  return bytes;
}

function futex(
  process: LinuxProcess,
  address: number,
  operation: number,
  value: number,
  timeout: number,
): number | undefined {
  const command = operation & FUTEX_COMMAND;
  if (address % 4 !== 0) return -Errno.EINVAL;
  const bytes = process.space.read(address, 4);
  if (!bytes) return -Errno.EFAULT;
  const current = new DataView(bytes.buffer).getUint32(0, true);
  switch (command) {
    case 0: // FUTEX_WAIT
    case 9: {
      // FUTEX_WAIT_BITSET
      if (current !== value >>> 0) return -Errno.EAGAIN;
      // Nobody else can wake us: without a timeout this is the end, with one it passes in virtual time.
      if (timeout === 0) return process.stopForDeadlock("futex wait with no other thread");
      const wanted = readTimespec(process, timeout);
      if (typeof wanted === "number") return wanted;
      const { time } = process;
      const now = operation & FUTEX_CLOCK_REALTIME ? time.wallNs() : time.monotonicNs();
      return process.sleep(command === 9 ? wanted - now : wanted) === undefined ? undefined : -Errno.ETIMEDOUT;
    }
    case 1: // FUTEX_WAKE
    case 10: // FUTEX_WAKE_BITSET
    case 3: // FUTEX_REQUEUE
    case 4: // FUTEX_CMP_REQUEUE
      return 0;
    default:
      return -Errno.ENOSYS;
  }
}

const id = (number: number, which: (process: LinuxProcess) => number) =>
  ({ number, args: [], run: (p: LinuxProcess) => which(p) }) as const;

export const processSyscalls = {
  exit: {
    number: 60,
    args: ["int"],
    run(p, status) {
      p.exit(status & 0xff);
      return undefined;
    },
  },
  exit_group: {
    number: 231,
    args: ["int"],
    run(p, status) {
      p.exit(status & 0xff);
      return undefined;
    },
  },
  getpid: id(39, (p) => p.pid),
  gettid: id(186, (p) => p.pid),
  getppid: id(110, () => 1),
  getpgrp: id(111, (p) => p.pid),
  getpgid: { number: 121, args: ["int"], run: (p) => p.pid },
  getsid: { number: 124, args: ["int"], run: (p) => p.pid },
  getuid: id(102, (p) => p.uid),
  geteuid: id(107, (p) => p.uid),
  getgid: id(104, (p) => p.gid),
  getegid: id(108, (p) => p.gid),
  getgroups: { number: 115, args: ["int", "pointer"], run: () => 0 },
  getpriority: { number: 140, args: ["int", "int"], run: () => 20 },
  set_tid_address: { number: 218, args: ["pointer"], run: (p) => p.pid },
  set_robust_list: {
    number: 273,
    args: ["pointer", "size"],
    run: (_p, _head, size) => (size === 24 ? 0 : -Errno.EINVAL),
  },
  rseq: { number: 334, args: ["pointer", "size", "hex", "hex"], run: () => -Errno.ENOSYS },
  membarrier: { number: 324, args: ["int", "hex", "int"], run: () => -Errno.ENOSYS },
  arch_prctl: {
    number: 158,
    args: ["hex", "pointer"],
    run(p, code, address) {
      switch (code) {
        case ARCH_SET_FS:
        case ARCH_SET_GS:
          if (!(address >= 0 && address < 2 ** 47)) return -Errno.EPERM;
          p.vcpu.writeMsr(code === ARCH_SET_FS ? Msr.FS_BASE : Msr.GS_BASE, BigInt(address));
          return 0;
        case ARCH_GET_FS:
        case ARCH_GET_GS: {
          const bytes = new Uint8Array(8);
          new DataView(bytes.buffer).setBigUint64(
            0,
            p.vcpu.readMsr(code === ARCH_GET_FS ? Msr.FS_BASE : Msr.GS_BASE),
            true,
          );
          return p.space.write(address, bytes) ? 0 : -Errno.EFAULT;
        }
        default:
          return -Errno.EINVAL;
      }
    },
  },
  prctl: {
    number: 157,
    args: ["int", "hex", "hex", "hex", "hex"],
    run(p, option, address) {
      if (option === PR_SET_NAME) return 0;
      if (option === PR_CAPBSET_READ) return address >= 0 && address <= LAST_CAPABILITY ? 0 : -Errno.EINVAL;
      if (option === PR_GET_NAME) {
        const bytes = new Uint8Array(16);
        bytes.set(new TextEncoder().encode(p.name).subarray(0, 15));
        return p.space.write(address, bytes) ? 0 : -Errno.EFAULT;
      }
      return -Errno.EINVAL;
    },
  },
  prlimit64: {
    number: 302,
    args: ["int", "int", "pointer", "pointer"],
    run: (p, pid, resource, set, old) =>
      int(pid) !== 0 && int(pid) !== p.pid
        ? -Errno.ESRCH
        : set !== 0 && !p.space.read(set, 16)
          ? -Errno.EFAULT
          : limits(p, int(resource), old),
  },
  getrlimit: { number: 97, args: ["int", "pointer"], run: (p, resource, address) => limits(p, int(resource), address) },
  /** Limits are taken, and nothing is held to them: what bounds the program is the machine's memory and --max-insns. */
  setrlimit: {
    number: 160,
    args: ["int", "pointer"],
    run: (p, _resource, set) => (p.space.read(set, 16) ? 0 : -Errno.EFAULT),
  },
  uname: {
    number: 63,
    args: ["pointer"],
    run: (p, address) => (p.space.write(address, utsname()) ? 0 : -Errno.EFAULT),
  },
  sysinfo: {
    number: 99,
    args: ["pointer"],
    run(p, address) {
      const bytes = new Uint8Array(112);
      const view = new DataView(bytes.buffer);
      view.setBigInt64(0, p.time.monotonicNs() / 1_000_000_000n, true);
      view.setBigUint64(32, BigInt(p.memoryBytes), true);
      view.setBigUint64(40, BigInt(p.space.freeBytes), true);
      view.setUint16(80, 1, true);
      view.setUint32(104, 1, true);
      return p.space.write(address, bytes) ? 0 : -Errno.EFAULT;
    },
  },
  getrandom: {
    number: 318,
    args: ["pointer", "size", "hex"],
    run(p, address, size) {
      const count = size < 0 ? MAX_RANDOM : Math.min(size, MAX_RANDOM);
      return p.space.write(address, p.devices.random(count)) ? count : -Errno.EFAULT;
    },
  },
  sched_yield: id(24, () => 0),
  sched_getaffinity: {
    number: 204,
    args: ["int", "size", "pointer"],
    run(p, _pid, size, address) {
      if (size < 8) return -Errno.EINVAL;
      return p.space.write(address, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0])) ? 8 : -Errno.EFAULT;
    },
  },
  getcpu: {
    number: 309,
    args: ["pointer", "pointer", "pointer"],
    run: (p, ...pointers) =>
      pointers.slice(0, 2).every((at) => at === 0 || p.space.write(at, new Uint8Array(4))) ? 0 : -Errno.EFAULT,
  },
  futex: {
    number: 202,
    args: ["pointer", "hex", "int", "pointer"],
    run: (p, address, operation, value, timeout) => futex(p, address, operation, value, timeout),
  },
  /** Without CAP_SYS_RAWIO: the port must answer at IOPL 0, as it does on VMware. */
  iopl: { number: 172, args: ["int"], run: () => -Errno.EPERM },
  ioperm: { number: 173, args: ["hex", "hex", "int"], run: () => -Errno.EPERM },
  wait4: { number: 61, args: ["int", "pointer", "hex", "pointer"], run: () => -Errno.ECHILD },
  setsid: id(112, (p) => p.pid),
} as const satisfies SyscallTable;
