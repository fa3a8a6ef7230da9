/** i386 calls on signals: the real-time ones with 32-bit words, and those from before. Source: syscall_32.tbl; asm/signal.h. */
import { Errno } from "../../errno.ts";
import type { LinuxProcess } from "../../process.ts";
import { i386Frame, i386OldFrame } from "../../signal-frames/i386.ts";
import type { SignalAction } from "../../signals.ts";
import { int, type SyscallTable, words } from "../../syscall.ts";
import { alternateStack, signalSyscalls as amd64, changeAction, suspend } from "../signals.ts";

/** Words of struct sigaction in the order of the real-time call (16 + 4 bytes) or of the old one. */
function readAction(process: LinuxProcess, address: number, old: boolean): SignalAction | undefined | "fault" {
  if (address === 0) return undefined;
  const bytes = process.space.read(address, old ? 16 : 20);
  if (!bytes) return "fault";
  const view = new DataView(bytes.buffer);
  const at = (offset: number): number => view.getUint32(offset, true);
  return old
    ? { handler: BigInt(at(0)), mask: BigInt(at(4)), flags: at(8), restorer: BigInt(at(12)), frame: i386Frame }
    : {
        handler: BigInt(at(0)),
        flags: at(4),
        restorer: BigInt(at(8)),
        mask: view.getBigUint64(12, true),
        frame: i386Frame,
      };
}

export const i386SignalSyscalls = {
  pause: { ...amd64.pause, number: 29 },
  kill: { ...amd64.kill, number: 37 },
  sigaction: {
    number: 67,
    args: ["signal", "pointer", "pointer"],
    run: (p, signal, action, old) =>
      changeAction(
        p,
        signal,
        readAction(p, action, true),
        ({ handler, mask, flags, restorer }) =>
          old === 0 || p.space.write(old, words([handler, mask, BigInt(flags >>> 0), restorer], 4)),
      ),
  },
  sigreturn: {
    number: 119,
    args: [],
    run(p) {
      if (!p.signals.restore(i386OldFrame)) p.kill(11);
      return undefined;
    },
  },
  /** The mask's first 32 signals only. */
  sigprocmask: {
    number: 126,
    args: ["int", "pointer", "pointer"],
    run(p, rawHow, set, old) {
      const how = int(rawHow);
      if (set !== 0 && (how < 0 || how > 2)) return -Errno.EINVAL;
      const next = set === 0 ? undefined : p.space.readU32(set);
      if (set !== 0 && next === undefined) return -Errno.EFAULT;
      const { blocked } = p.signals;
      if (old !== 0 && !p.space.write(old, words([blocked], 4))) return -Errno.EFAULT;
      if (next === undefined) return 0;
      const mask = BigInt(next);
      p.signals.blocked = how === 0 ? blocked | mask : how === 1 ? blocked & ~mask : ((blocked >> 32n) << 32n) | mask;
      return 0;
    },
  },
  rt_sigreturn: {
    number: 173,
    args: [],
    run(p) {
      if (!p.signals.restore(i386Frame)) p.kill(11);
      return undefined;
    },
  },
  rt_sigaction: {
    number: 174,
    args: ["signal", "pointer", "pointer", "size"],
    run: (p, signal, action, old, size) =>
      size !== 8
        ? -Errno.EINVAL
        : changeAction(
            p,
            signal,
            readAction(p, action, false),
            ({ handler, mask, flags, restorer }) =>
              old === 0 || p.space.write(old, words([handler, BigInt(flags >>> 0), restorer, mask, mask >> 32n], 4)),
          ),
  },
  rt_sigprocmask: { ...amd64.rt_sigprocmask, number: 175 },
  rt_sigpending: { ...amd64.rt_sigpending, number: 176 },
  rt_sigsuspend: { ...amd64.rt_sigsuspend, number: 179 },
  sigsuspend: {
    number: 72,
    args: ["int", "int", "hex"],
    run: (p, _first, _second, mask) => suspend(p, ((p.signals.blocked >> 32n) << 32n) | BigInt(mask >>> 0)),
  },
  sigaltstack: { number: 186, args: ["pointer", "pointer"], run: (p, set, old) => alternateStack(p, set, old, 4) },
  tkill: { ...amd64.tkill, number: 238 },
  tgkill: { ...amd64.tgkill, number: 270 },
} as const satisfies SyscallTable;
