/** i386 calls on the process and the system. Identifiers of 16 bits have numbers of their own. Source: syscall_32.tbl. */
import { Errno } from "../../errno.ts";
import type { LinuxProcess } from "../../process.ts";
import type { SyscallTable } from "../../syscall.ts";
import { processSyscalls as amd64, limits, systemInformation } from "../process.ts";

/** What a 32-bit identifier is for the old calls: 65534 when it does not fit (overflowuid). */
const short = (id: number): number => (id > 0xffff ? 65_534 : id);
const id = (number: number, which: (process: LinuxProcess) => number) =>
  ({ number, args: [], run: (p: LinuxProcess) => short(which(p)) }) as const;

export const i386ProcessSyscalls = {
  waitpid: { number: 7, args: ["int", "pointer", "hex"], run: () => -Errno.ECHILD },
  getpid: { ...amd64.getpid, number: 20 },
  getuid: id(24, (p) => p.uid),
  getgid: id(47, (p) => p.gid),
  geteuid: id(49, (p) => p.uid),
  getegid: id(50, (p) => p.gid),
  getppid: { ...amd64.getppid, number: 64 },
  getpgrp: { ...amd64.getpgrp, number: 65 },
  setsid: { ...amd64.setsid, number: 66 },
  setrlimit: {
    number: 75,
    args: ["int", "pointer"],
    run: (p, _resource, set) => (p.space.read(set, 8) ? 0 : -Errno.EFAULT),
  },
  getpriority: { ...amd64.getpriority, number: 96 },
  ioperm: { ...amd64.ioperm, number: 101 },
  iopl: { ...amd64.iopl, number: 110 },
  wait4: { ...amd64.wait4, number: 114 },
  sysinfo: { number: 116, args: ["pointer"], run: (p, address) => systemInformation(p, address, 4) },
  uname: { ...amd64.uname, number: 122 },
  modify_ldt: { ...amd64.modify_ldt, number: 123 },
  getpgid: { ...amd64.getpgid, number: 132 },
  getsid: { ...amd64.getsid, number: 147 },
  /** Only a 32-bit kernel has it. */
  vm86: { number: 166, args: ["hex", "pointer"], run: () => -Errno.ENOSYS },
  prctl: { ...amd64.prctl, number: 172 },
  ugetrlimit: {
    number: 191,
    args: ["int", "pointer"],
    run: (p, resource, address) => limits(p, resource, address, 4),
  },
  getuid32: { ...amd64.getuid, number: 199 },
  getgid32: { ...amd64.getgid, number: 200 },
  geteuid32: { ...amd64.geteuid, number: 201 },
  getegid32: { ...amd64.getegid, number: 202 },
  getgroups32: { ...amd64.getgroups, number: 205 },
  sched_getaffinity: { ...amd64.sched_getaffinity, number: 242 },
  set_thread_area: { ...amd64.set_thread_area, number: 243 },
  get_thread_area: { ...amd64.get_thread_area, number: 244 },
  getcpu: { ...amd64.getcpu, number: 318 },
  prlimit64: { ...amd64.prlimit64, number: 340 },
  getrandom: { ...amd64.getrandom, number: 355 },
  membarrier: { ...amd64.membarrier, number: 375 },
  arch_prctl: { number: 384, args: ["hex", "pointer"], run: () => -Errno.EINVAL },
  rseq: { ...amd64.rseq, number: 386 },
} as const satisfies SyscallTable;
