/** Just enough of the Linux process ABI, x86-64 and i386, to run one user program at ring 3 without a kernel. */
export { type Abi, abis } from "./abi.ts";
export { AddressSpace, type Area, type FaultResult, PAGE, type PageSource, Prot } from "./address-space.ts";
export { Errno, type ErrnoName, errnoName } from "./errno.ts";
export { type FileStat, type HostFile, type HostFiles, memoryFiles } from "./files.ts";
export {
  type FaultReport,
  i386Syscalls,
  LinuxProcess,
  type LinuxProcessOptions,
  type ProcessEnd,
  type ProcessStreams,
  type ProcessTime,
  syscalls,
} from "./process.ts";
export { ProcessError, type ProcessErrorCode } from "./process-error.ts";
export { Signal } from "./signals.ts";
export type { ArgumentKind, Syscall, SyscallTable } from "./syscall.ts";
export type { Thread, Wait } from "./thread.ts";
export { Threads } from "./threads.ts";
export { Gpr, Msr, type ProcessVcpu } from "./vcpu.ts";
