/** Process and system identity, limits, what is known of the processor. Source: man-pages 6. */
import { STACK_BYTES } from "../abi.ts";
import { Errno } from "../errno.ts";
import type { LinuxProcess } from "../process.ts";
import { int, type SyscallTable, words } from "../syscall.ts";
import { HOST_NAME, KERNEL_RELEASE, LAST_CAPABILITY } from "../system-files.ts";
import { Msr } from "../vcpu.ts";
import { segmentSyscalls } from "./segments.ts";

const ARCH_SET_GS = 0x1001;
const ARCH_SET_FS = 0x1002;
const ARCH_GET_FS = 0x1003;
const ARCH_GET_GS = 0x1004;
const INFINITY = 0xffff_ffff_ffff_ffffn;
const RLIMIT_STACK = 3;
const RLIMIT_NOFILE = 7;
const LAST_LIMIT = 15;
/** Bytes that one getrandom makes at most; programs must expect fewer than they asked for. */
const MAX_RANDOM = 1 << 20;
const PR_SET_NAME = 15;
/** Bytes of a thread's name before its zero; the rest is cut off. */
const NAME_BYTES = 15;
const PR_GET_NAME = 16;
const PR_CAPBSET_READ = 23;

function readName(process: LinuxProcess, address: number): Uint8Array | undefined {
  const bytes: number[] = [];
  while (bytes.length < NAME_BYTES) {
    const [byte] = process.space.read(address + bytes.length, 1) ?? [];
    if (byte === undefined) return undefined;
    if (byte === 0) break;
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

/** struct rlimit with words of 4 or 8 bytes. */
export function limits(process: LinuxProcess, rawResource: number, address: number, word: 4 | 8): number {
  const resource = int(rawResource);
  if (resource < 0 || resource > LAST_LIMIT) return -Errno.EINVAL;
  if (address === 0) return 0;
  const soft = resource === RLIMIT_STACK ? BigInt(STACK_BYTES) : resource === RLIMIT_NOFILE ? 1024n : INFINITY;
  const hard = resource === RLIMIT_NOFILE ? 1024n : INFINITY;
  return process.space.write(address, words([soft, hard], word)) ? 0 : -Errno.EFAULT;
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

/** struct sysinfo: uptime, three loads, totalram, freeram and four more, procs, two high ones, the unit of memory. */
export function systemInformation(process: LinuxProcess, address: number, word: 4 | 8): number {
  const { time, memoryBytes, space } = process;
  const longs = [time.monotonicNs() / 1_000_000_000n, 0n, 0n, 0n, BigInt(memoryBytes), BigInt(space.freeBytes)];
  const bytes = new Uint8Array(word === 8 ? 112 : 64);
  bytes.set(words(longs, word));
  const view = new DataView(bytes.buffer);
  view.setUint16(10 * word, 1, true);
  view.setUint32(13 * word, 1, true);
  return space.write(address, bytes) ? 0 : -Errno.EFAULT;
}

const id = (number: number, which: (process: LinuxProcess) => number) =>
  ({ number, args: [], run: (p: LinuxProcess) => which(p) }) as const;

export const processSyscalls = {
  ...segmentSyscalls,
  getpid: id(39, (p) => p.pid),
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
      const thread = p.threads.current;
      if (option === PR_SET_NAME) {
        const name = readName(p, address);
        if (name === undefined) return -Errno.EFAULT;
        thread.name = name;
        return 0;
      }
      if (option === PR_CAPBSET_READ) return address >= 0 && address <= LAST_CAPABILITY ? 0 : -Errno.EINVAL;
      if (option === PR_GET_NAME) {
        const bytes = new Uint8Array(16);
        bytes.set(thread.name ?? new TextEncoder().encode(p.name).subarray(0, NAME_BYTES));
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
          : limits(p, resource, old, 8),
  },
  getrlimit: { number: 97, args: ["int", "pointer"], run: (p, resource, address) => limits(p, resource, address, 8) },
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
  sysinfo: { number: 99, args: ["pointer"], run: (p, address) => systemInformation(p, address, 8) },
  getrandom: {
    number: 318,
    args: ["pointer", "size", "hex"],
    run(p, address, size) {
      const count = size < 0 ? MAX_RANDOM : Math.min(size, MAX_RANDOM);
      return p.space.write(address, p.devices.random(count)) ? count : -Errno.EFAULT;
    },
  },
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
  /** Without CAP_SYS_RAWIO: the port must answer at IOPL 0, as it does on VMware. */
  iopl: { number: 172, args: ["int"], run: () => -Errno.EPERM },
  ioperm: { number: 173, args: ["hex", "hex", "int"], run: () => -Errno.EPERM },
  wait4: { number: 61, args: ["int", "pointer", "hex", "pointer"], run: () => -Errno.ECHILD },
  setsid: id(112, (p) => p.pid),
} as const satisfies SyscallTable;
