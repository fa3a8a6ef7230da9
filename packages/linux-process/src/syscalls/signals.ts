/** Signals: dispositions, masks, sending, returning. Source: Linux kernel/signal.c; man-pages 6. */
import { Errno } from "../errno.ts";
import type { LinuxProcess } from "../process.ts";
import { SA_RESTORER } from "../signals.ts";
import { int, type SyscallTable } from "../syscall.ts";

const SI_USER = 0;
const SI_TKILL = -6;
const LAST_SIGNAL = 64;
const UNCATCHABLE = new Set([9, 19]);
const MINSIGSTKSZ = 2048n;

function send(process: LinuxProcess, rawSignal: number, code: number): number {
  const signal = int(rawSignal);
  if (signal < 0 || signal > LAST_SIGNAL) return -Errno.EINVAL;
  if (signal > 0) process.signals.send({ signal, code, sender: { pid: process.pid, uid: process.uid } });
  return 0;
}

export const signalSyscalls = {
  rt_sigaction: {
    number: 13,
    args: ["signal", "pointer", "pointer", "size"],
    run(p, rawSignal, action, old, size) {
      const signal = int(rawSignal);
      if (size !== 8 || signal < 1 || signal > LAST_SIGNAL) return -Errno.EINVAL;
      const { actions } = p.signals;
      let next: Uint8Array | undefined;
      if (action !== 0) {
        if (UNCATCHABLE.has(signal)) return -Errno.EINVAL;
        next = p.space.read(action, 32);
        if (!next) return -Errno.EFAULT;
      }
      if (old !== 0) {
        const current = actions.get(signal) ?? { handler: 0n, flags: 0, restorer: 0n, mask: 0n };
        const bytes = new Uint8Array(32);
        const view = new DataView(bytes.buffer);
        view.setBigUint64(0, current.handler, true);
        view.setBigUint64(8, BigInt(current.flags >>> 0), true);
        view.setBigUint64(16, current.restorer, true);
        view.setBigUint64(24, current.mask, true);
        if (!p.space.write(old, bytes)) return -Errno.EFAULT;
      }
      if (next) {
        const view = new DataView(next.buffer);
        const flags = view.getUint32(8, true);
        const handler = view.getBigUint64(0, true);
        // x86-64 has no trampoline of the kernel's: without a restorer a handler could never return.
        if (handler > 1n && !(flags & SA_RESTORER)) return -Errno.EFAULT;
        actions.set(signal, {
          handler,
          flags,
          restorer: view.getBigUint64(16, true),
          mask: view.getBigUint64(24, true),
        });
      }
      return 0;
    },
  },
  rt_sigprocmask: {
    number: 14,
    args: ["int", "pointer", "pointer", "size"],
    run(p, rawHow, set, old, size) {
      const how = int(rawHow);
      if (size !== 8 || (set !== 0 && (how < 0 || how > 2))) return -Errno.EINVAL;
      const next = set === 0 ? undefined : p.space.readU64(set);
      if (set !== 0 && next === undefined) return -Errno.EFAULT;
      if (old !== 0) {
        const bytes = new Uint8Array(8);
        new DataView(bytes.buffer).setBigUint64(0, p.signals.blocked, true);
        if (!p.space.write(old, bytes)) return -Errno.EFAULT;
      }
      if (next !== undefined) {
        const { blocked } = p.signals;
        const result = how === 0 ? blocked | next : how === 1 ? blocked & ~next : next;
        p.signals.blocked = BigInt.asUintN(64, result & ~((1n << 8n) | (1n << 18n)));
      }
      return 0;
    },
  },
  rt_sigreturn: {
    number: 15,
    args: [],
    run(p) {
      if (!p.signals.restore()) p.kill(11);
      return undefined;
    },
  },
  rt_sigpending: {
    number: 127,
    args: ["pointer", "size"],
    run(p, address, size) {
      if (size !== 8) return -Errno.EINVAL;
      const bytes = new Uint8Array(8);
      const pending = p.signals.pending.reduce((mask, info) => mask | (1n << BigInt(info.signal - 1)), 0n);
      new DataView(bytes.buffer).setBigUint64(0, pending, true);
      return p.space.write(address, bytes) ? 0 : -Errno.EFAULT;
    },
  },
  sigaltstack: {
    number: 131,
    args: ["pointer", "pointer"],
    run(p, set, old) {
      const { alternate } = p.signals;
      const next = set === 0 ? undefined : p.space.read(set, 24);
      if (set !== 0 && !next) return -Errno.EFAULT;
      if (old !== 0) {
        const bytes = new Uint8Array(24);
        const view = new DataView(bytes.buffer);
        view.setBigUint64(0, alternate.base, true);
        view.setUint32(8, p.signals.onAlternateStack ? 1 : alternate.flags, true);
        view.setBigUint64(16, alternate.size, true);
        if (!p.space.write(old, bytes)) return -Errno.EFAULT;
      }
      if (next) {
        if (p.signals.onAlternateStack) return -Errno.EPERM;
        const view = new DataView(next.buffer);
        const flags = view.getUint32(8, true) & ~0x8000_0000;
        const size = view.getBigUint64(16, true);
        if (flags & ~3) return -Errno.EINVAL;
        if (flags & 2) p.signals.alternate = { base: 0n, flags: 2, size: 0n };
        else if (size < MINSIGSTKSZ) return -Errno.ENOMEM;
        else p.signals.alternate = { base: view.getBigUint64(0, true), flags: 0, size };
      }
      return 0;
    },
  },
  kill: {
    number: 62,
    args: ["int", "signal"],
    run: (p, pid, signal) => (int(pid) === p.pid || int(pid) === 0 ? send(p, signal, SI_USER) : -Errno.ESRCH),
  },
  tkill: {
    number: 200,
    args: ["int", "signal"],
    run: (p, tid, signal) => (int(tid) === p.pid ? send(p, signal, SI_TKILL) : -Errno.ESRCH),
  },
  tgkill: {
    number: 234,
    args: ["int", "int", "signal"],
    run: (p, pid, tid, signal) => (int(pid) === p.pid && int(tid) === p.pid ? send(p, signal, SI_TKILL) : -Errno.ESRCH),
  },
  pause: { number: 34, args: [], run: (p) => p.stopForDeadlock("pause() with nobody to send a signal") },
} as const satisfies SyscallTable;
