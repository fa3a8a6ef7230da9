/** Signals: dispositions, masks, sending, returning. Source: Linux kernel/signal.c; man-pages 6. */
import { Errno } from "../errno.ts";
import type { LinuxProcess } from "../process.ts";
import { amd64Frame } from "../signal-frames/amd64.ts";
import { SA_RESTORER, type SignalAction } from "../signals.ts";
import { int, type SyscallTable, words } from "../syscall.ts";
import type { Thread } from "../thread.ts";

const SI_USER = 0;
const SI_TKILL = -6;
const LAST_SIGNAL = 64;
const UNCATCHABLE = new Set([9, 19]);
const MINSIGSTKSZ = 2048n;

function send(process: LinuxProcess, rawSignal: number, code: number, thread?: Thread): number {
  const signal = int(rawSignal);
  if (signal < 0 || signal > LAST_SIGNAL) return -Errno.EINVAL;
  if (signal > 0) process.signals.send({ signal, code, sender: { pid: process.pid, uid: process.uid } }, thread);
  return 0;
}

function sendToThread(process: LinuxProcess, tid: number, signal: number): number {
  const thread = process.threads.byTid(int(tid));
  return thread ? send(process, signal, SI_TKILL, thread) : -Errno.ESRCH;
}

/** Waits with another mask; the one from before comes back with the handler's return. */
export function suspend(process: LinuxProcess, mask: bigint): undefined {
  const { current } = process.threads;
  current.suspendedMask = current.blocked;
  process.signals.blocked = mask;
  return process.wait({ what: "sigsuspend with nobody to send a signal", timeoutResult: 0 });
}

/** sigaction's argument checks and its exchange, whatever the structure looks like. */
export function changeAction(
  process: LinuxProcess,
  rawSignal: number,
  next: SignalAction | undefined | "fault",
  putOld: (old: Omit<SignalAction, "frame">) => boolean,
): number {
  const signal = int(rawSignal);
  if (signal < 1 || signal > LAST_SIGNAL) return -Errno.EINVAL;
  const { actions } = process.signals;
  if (next && UNCATCHABLE.has(signal)) return -Errno.EINVAL;
  if (next === "fault") return -Errno.EFAULT;
  if (!putOld(actions.get(signal) ?? { handler: 0n, flags: 0, restorer: 0n, mask: 0n })) return -Errno.EFAULT;
  if (next) actions.set(signal, next);
  return 0;
}

/** sigaltstack with stack_t of 4- or 8-byte words: ss_sp, ss_flags (and its padding), ss_size. */
export function alternateStack(process: LinuxProcess, set: number, old: number, word: 4 | 8): number {
  const { signals, space } = process;
  const { alternate } = signals;
  const next = set === 0 ? undefined : space.read(set, 3 * word);
  if (set !== 0 && !next) return -Errno.EFAULT;
  if (old !== 0) {
    const flags = signals.onAlternateStack ? 1 : alternate.flags;
    if (!space.write(old, words([alternate.base, BigInt(flags), alternate.size], word))) return -Errno.EFAULT;
  }
  if (next) {
    if (signals.onAlternateStack) return -Errno.EPERM;
    const view = new DataView(next.buffer);
    const at = (offset: number): bigint =>
      word === 8 ? view.getBigUint64(offset, true) : BigInt(view.getUint32(offset, true));
    const flags = view.getUint32(word, true) & ~0x8000_0000;
    const size = at(2 * word);
    if (flags & ~3) return -Errno.EINVAL;
    if (flags & 2) signals.alternate = { base: 0n, flags: 2, size: 0n };
    else if (size < MINSIGSTKSZ) return -Errno.ENOMEM;
    else signals.alternate = { base: at(0), flags: 0, size };
  }
  return 0;
}

export const signalSyscalls = {
  rt_sigaction: {
    number: 13,
    args: ["signal", "pointer", "pointer", "size"],
    run(p, rawSignal, action, old, size) {
      if (size !== 8) return -Errno.EINVAL;
      const bytes = action === 0 ? undefined : p.space.read(action, 32);
      const view = bytes && new DataView(bytes.buffer);
      const next = view && {
        handler: view.getBigUint64(0, true),
        flags: view.getUint32(8, true),
        restorer: view.getBigUint64(16, true),
        mask: view.getBigUint64(24, true),
        frame: amd64Frame,
      };
      // x86-64 has no trampoline of the kernel's: without a restorer a handler could never return.
      const bad = action !== 0 && (!next || (next.handler > 1n && !(next.flags & SA_RESTORER)));
      return changeAction(
        p,
        rawSignal,
        bad ? "fault" : next,
        ({ handler, flags, restorer, mask }) =>
          old === 0 || p.space.write(old, words([handler, BigInt(flags >>> 0), restorer, mask], 8)),
      );
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
      if (!p.signals.restore(amd64Frame)) p.kill(11);
      return undefined;
    },
  },
  rt_sigpending: {
    number: 127,
    args: ["pointer", "size"],
    run(p, address, size) {
      if (size !== 8) return -Errno.EINVAL;
      const bytes = new Uint8Array(8);
      const pending = p.signals.waiting.reduce((mask, info) => mask | (1n << BigInt(info.signal - 1)), 0n);
      new DataView(bytes.buffer).setBigUint64(0, pending, true);
      return p.space.write(address, bytes) ? 0 : -Errno.EFAULT;
    },
  },
  sigaltstack: { number: 131, args: ["pointer", "pointer"], run: (p, set, old) => alternateStack(p, set, old, 8) },
  kill: {
    number: 62,
    args: ["int", "signal"],
    run: (p, pid, signal) => (int(pid) === p.pid || int(pid) === 0 ? send(p, signal, SI_USER) : -Errno.ESRCH),
  },
  tkill: { number: 200, args: ["int", "signal"], run: (p, tid, signal) => sendToThread(p, tid, signal) },
  tgkill: {
    number: 234,
    args: ["int", "int", "signal"],
    run: (p, pid, tid, signal) => (int(pid) === p.pid ? sendToThread(p, tid, signal) : -Errno.ESRCH),
  },
  pause: {
    number: 34,
    args: [],
    run: (p) => p.wait({ what: "pause() with nobody to send a signal", timeoutResult: 0 }),
  },
  rt_sigsuspend: {
    number: 130,
    args: ["pointer", "size"],
    run(p, set, size) {
      if (size !== 8) return -Errno.EINVAL;
      const mask = p.space.readU64(set);
      return mask === undefined ? -Errno.EFAULT : suspend(p, mask);
    },
  },
} as const satisfies SyscallTable;
