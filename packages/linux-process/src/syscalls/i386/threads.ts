/** i386 calls on threads: clone has its last two arguments the other way round. Source: syscall_32.tbl; clone(2). */
import { Errno } from "../../errno.ts";
import type { SyscallTable } from "../../syscall.ts";
import { threadSyscalls as amd64, clone, futex } from "../threads.ts";

export const i386ThreadSyscalls = {
  exit: { ...amd64.exit, number: 1 },
  clone: {
    number: 120,
    args: ["hex", "pointer", "pointer", "pointer", "pointer"],
    run: (p, flags, stack, parentTid, tls, childTid) => clone(p, { flags, stack, parentTid, childTid, tls }),
  },
  sched_yield: { ...amd64.sched_yield, number: 158 },
  gettid: { ...amd64.gettid, number: 224 },
  futex: {
    number: 240,
    args: ["pointer", "hex", "int", "pointer", "pointer", "hex"],
    run: (p, address, operation, value, timeout, other, third) =>
      futex(p, address, operation, value, timeout, other, third, 4),
  },
  exit_group: { ...amd64.exit_group, number: 252 },
  set_tid_address: { ...amd64.set_tid_address, number: 258 },
  set_robust_list: {
    number: 311,
    args: ["pointer", "size"],
    run: (_p, _head, size) => (size === 12 ? 0 : -Errno.EINVAL),
  },
  futex_time64: { ...amd64.futex, number: 422 },
} as const satisfies SyscallTable;
