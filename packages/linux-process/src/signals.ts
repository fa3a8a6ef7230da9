/**
 * Signals: dispositions, masks, who gets which, and what a fault becomes. Frames are in signal-frames/.
 *
 * Sources: Linux arch/x86/kernel/traps.c for vector → signal, si_code; signal(7) for default actions.
 */
import type { AlternateStack, SignalFrame, UserContext } from "./signal-frames/signal-frame.ts";
import type { Thread } from "./thread.ts";
import { Gpr } from "./vcpu.ts";

export const Signal = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGWINCH: 28,
  SIGSYS: 31,
} as const;

/** Signals whose default is to do nothing. Stopping counts as nothing: there is nobody to continue us. */
const IGNORED = new Set<number>([
  Signal.SIGCHLD,
  Signal.SIGCONT,
  Signal.SIGURG,
  Signal.SIGWINCH,
  Signal.SIGTSTP,
  Signal.SIGTTIN,
  Signal.SIGTTOU,
  Signal.SIGSTOP,
]);

export const SA_SIGINFO = 4;
export const SA_ONSTACK = 0x0800_0000;
export const SA_RESTORER = 0x0400_0000;
export const SA_NODEFER = 0x4000_0000;
export const SA_RESETHAND = 0x8000_0000;

const SIG_DFL = 0n;
const SIG_IGN = 1n;

export interface SignalAction {
  readonly handler: bigint;
  readonly flags: number;
  readonly restorer: bigint;
  readonly mask: bigint;
  /** The handler's ABI: that of the system call which set it. */
  readonly frame: SignalFrame;
}

export interface SignalInfo {
  readonly signal: number;
  readonly code: number;
  /** si_addr of a fault. */
  readonly address?: bigint;
  /** si_pid and si_uid of a signal that a process sent. */
  readonly sender?: { readonly pid: number; readonly uid: number };
  /** Vector, error code and CR2 for the machine context. */
  readonly trap?: { readonly vector: number; readonly errorCode: bigint; readonly cr2: bigint };
}

/** What delivering a signal led to. */
export type Delivery = "handled" | "ignored" | "killed";

interface FaultRow {
  readonly signal: number;
  readonly code: number;
  /** Which address goes to si_addr. */
  readonly address: "rip" | "cr2" | "none";
}

const SI_KERNEL = 0x80;
const kernelFault = (signal: number): FaultRow => ({ signal, code: SI_KERNEL, address: "none" });

/** Vector → signal. #PF's code is decided by the address space: SEGV_MAPERR 1 or SEGV_ACCERR 2. */
export const faultSignals: Readonly<Record<number, FaultRow>> = {
  0: { signal: Signal.SIGFPE, code: 1, address: "rip" }, // #DE, FPE_INTDIV
  1: { signal: Signal.SIGTRAP, code: 2, address: "rip" }, // #DB, TRAP_TRACE
  3: { signal: Signal.SIGTRAP, code: SI_KERNEL, address: "none" }, // #BP
  4: kernelFault(Signal.SIGSEGV), // #OF
  5: kernelFault(Signal.SIGSEGV), // #BR
  6: { signal: Signal.SIGILL, code: 2, address: "rip" }, // #UD, ILL_ILLOPN
  7: kernelFault(Signal.SIGSEGV), // #NM
  8: kernelFault(Signal.SIGSEGV), // #DF
  10: kernelFault(Signal.SIGSEGV), // #TS
  11: kernelFault(Signal.SIGBUS), // #NP
  12: kernelFault(Signal.SIGBUS), // #SS
  13: kernelFault(Signal.SIGSEGV), // #GP
  14: { signal: Signal.SIGSEGV, code: 1, address: "cr2" }, // #PF
  16: { signal: Signal.SIGFPE, code: 0, address: "rip" }, // #MF
  17: { signal: Signal.SIGBUS, code: 1, address: "none" }, // #AC, BUS_ADRALN
  19: { signal: Signal.SIGFPE, code: 0, address: "rip" }, // #XM
};

/** FPE_FLTINV, FLTDIV, FLTOVF, FLTUND, FLTRES by the exception bits that mean them (Linux fpu__exception_code). */
const FLOATING_POINT_CODES: readonly (readonly [bits: number, code: number])[] = [
  [0x01, 7],
  [0x04, 3],
  [0x08, 4],
  [0x12, 5],
  [0x20, 6],
];

/** si_code of #MF (16) or #XM (19): the first exception that is flagged and not masked in the FXSAVE image. */
export function floatingPointCode(vector: number, image: Uint8Array): number {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const mxcsr = view.getUint16(24, true);
  const raised = vector === 16 ? view.getUint16(2, true) & ~view.getUint16(0, true) : mxcsr & ~(mxcsr >> 7);
  return FLOATING_POINT_CODES.find(([bits]) => raised & bits)?.[1] ?? 0;
}

/** SIGKILL and SIGSTOP cannot be blocked. */
const UNBLOCKABLE = (1n << 8n) | (1n << 18n);

export const signalBit = (signal: number): bigint => 1n << BigInt(signal - 1);

/** The process's signals; masks, alternate stacks and signals sent to one thread are the threads' own. */
export class Signals {
  readonly actions: Map<number, SignalAction> = new Map();
  /** Sent to the process: any thread that does not block them takes them. */
  pending: SignalInfo[] = [];
  /** How many wait for any thread: nearly always none. */
  private queued = 0;
  private readonly context: UserContext;
  private readonly current: () => Thread;

  constructor(context: UserContext, current: () => Thread) {
    this.context = context;
    this.current = current;
  }

  /** The running thread's blocked signals, bit n − 1 for signal n. */
  get blocked(): bigint {
    return this.current().blocked;
  }

  set blocked(mask: bigint) {
    this.current().blocked = BigInt.asUintN(64, mask) & ~UNBLOCKABLE;
  }

  /** The running thread's. */
  get alternate(): AlternateStack {
    return this.current().alternate;
  }

  set alternate(stack: AlternateStack) {
    this.current().alternate = stack;
  }

  /** Queues a signal sent by a system call, for a thread or for the process; standard signals are not queued twice (signal(7)). */
  send(info: SignalInfo, thread?: Thread): void {
    const queue = thread?.pending ?? this.pending;
    if (queue.some((other) => other.signal === info.signal)) return;
    queue.push(info);
    this.queued++;
  }

  /** All that waits for the running thread, blocked or not. */
  get waiting(): readonly SignalInfo[] {
    return [...this.current().pending, ...this.pending];
  }

  /**
   * Threads whose wait a signal ends: those that got one of their own, and for one sent to the process the first that may
   * take it, if no thread that runs may.
   */
  interrupted(threads: readonly Thread[]): readonly Thread[] {
    if (this.queued === 0) return [];
    const takes = (thread: Thread, { signal }: SignalInfo): boolean =>
      !(thread.blocked & signalBit(signal)) && !this.isIgnored(signal);
    const found = new Set(
      threads.filter((thread) => thread.wait && thread.pending.some((info) => takes(thread, info))),
    );
    for (const info of this.pending) {
      const takers = threads.filter((thread) => takes(thread, info));
      if (takers[0] && takers.every(({ wait }) => wait)) found.add(takers[0]);
    }
    return [...found];
  }

  /** Next signal that may be delivered now: the lowest number first, the thread's own before the process's, as Linux picks. */
  takeDeliverable(): SignalInfo | undefined {
    if (this.queued === 0) return undefined;
    const thread = this.current();
    const wanted = ~thread.blocked;
    for (const queue of [thread.pending, this.pending]) {
      const next = queue.filter(({ signal }) => wanted & signalBit(signal)).sort((a, b) => a.signal - b.signal)[0];
      if (!next) continue;
      queue.splice(queue.indexOf(next), 1);
      this.queued--;
      return next;
    }
    return undefined;
  }

  /** A thread has ended: what was for it alone is gone. */
  forget(thread: Thread): void {
    this.queued -= thread.pending.length;
    thread.pending.length = 0;
  }

  private isIgnored(signal: number): boolean {
    const handler = this.actions.get(signal)?.handler ?? SIG_DFL;
    return handler === SIG_IGN || (handler === SIG_DFL && IGNORED.has(signal));
  }

  /**
   * Delivers to the running thread, whose user state the processor holds now. A fault (`forced`) that is blocked or
   * ignored kills, as on Linux.
   */
  deliver(info: SignalInfo, forced: boolean): Delivery {
    const thread = this.current();
    const action = this.actions.get(info.signal);
    const handler = action?.handler ?? SIG_DFL;
    if (forced && (thread.blocked & signalBit(info.signal) || handler === SIG_IGN)) return "killed";
    if (!forced && this.isIgnored(info.signal)) return "ignored";
    if (handler === SIG_DFL || !action) return "killed";
    const { alternate } = this;
    const stack =
      action.flags & SA_ONSTACK && !(alternate.flags & 2) && !this.onAlternateStack
        ? alternate.base + alternate.size
        : undefined;
    // sigsuspend's own mask ends with the handler: the frame keeps the one from before.
    const restored = { blocked: thread.suspendedMask ?? thread.blocked, alternate };
    thread.suspendedMask = undefined;
    if (!action.frame.push(this.context, info, action, restored, stack)) return "killed";
    this.blocked = thread.blocked | action.mask | (action.flags & SA_NODEFER ? 0n : signalBit(info.signal));
    if (action.flags & SA_RESETHAND) this.actions.delete(info.signal);
    return "handled";
  }

  get onAlternateStack(): boolean {
    const rsp = this.context.vcpu.readRegister(Gpr.RSP);
    const { base, size, flags } = this.alternate;
    return !(flags & 2) && rsp > base && rsp - base <= size;
  }

  /** A handler's return by this frame. False: the frame cannot be read, or names segments that cannot be loaded. */
  restore(frame: Pick<SignalFrame, "restore">): boolean {
    const kept = frame.restore(this.context);
    if (!kept) return false;
    this.blocked = kept.blocked;
    if (kept.alternate) this.alternate = kept.alternate;
    return true;
  }
}
