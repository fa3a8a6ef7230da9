/**
 * Signals: dispositions, masks, the frame on the user stack, and what a fault becomes.
 *
 * Sources: Linux arch/x86/include/uapi/asm/{sigcontext,ucontext}.h and arch/x86/kernel/{signal_64.c,traps.c} for the
 * layout of rt_sigframe and for vector → signal, si_code; signal(7) for default actions.
 */
import type { AddressSpace } from "./address-space.ts";
import { Selector } from "./kernel-area.ts";
import { Gpr, type ProcessVcpu } from "./vcpu.ts";

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

export interface AlternateStack {
  readonly base: bigint;
  readonly flags: number;
  readonly size: bigint;
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

const RED_ZONE = 128n;
const FRAME_BYTES = 8 + 304 + 128;
const FPSTATE_BYTES = 512;
const UCONTEXT = 8;
const MCONTEXT = UCONTEXT + 40;
const SIGMASK = MCONTEXT + 256;
const SIGINFO = UCONTEXT + 304;
/** Order of the general registers in struct sigcontext. */
const CONTEXT_ORDER = [
  Gpr.R8,
  Gpr.R9,
  Gpr.R10,
  Gpr.R11,
  Gpr.R12,
  Gpr.R13,
  Gpr.R14,
  Gpr.R15,
  Gpr.RDI,
  Gpr.RSI,
  Gpr.RBP,
  Gpr.RBX,
  Gpr.RDX,
  Gpr.RAX,
  Gpr.RCX,
  Gpr.RSP,
] as const;
/** RFLAGS bits that sigreturn may change: CF PF AF ZF SF TF DF OF RF AC. */
const RESTORABLE_FLAGS = 0x5_0dd5n;

export class Signals {
  readonly actions: Map<number, SignalAction> = new Map();
  /** Blocked signals, bit n − 1 for signal n. */
  blocked = 0n;
  pending: SignalInfo[] = [];
  alternate: AlternateStack = { base: 0n, flags: 2, size: 0n };
  private readonly vcpu: ProcessVcpu;
  private readonly space: AddressSpace;

  constructor(vcpu: ProcessVcpu, space: AddressSpace) {
    this.vcpu = vcpu;
    this.space = space;
  }

  isBlocked(signal: number): boolean {
    return (this.blocked & (1n << BigInt(signal - 1))) !== 0n;
  }

  /** Queues a signal sent by a system call; standard signals are not queued twice (signal(7)). */
  send(info: SignalInfo): void {
    if (!this.pending.some((other) => other.signal === info.signal)) this.pending.push(info);
  }

  /** Next signal that may be delivered now: the lowest number first, as Linux picks. */
  takeDeliverable(): SignalInfo | undefined {
    const next = this.pending.filter((info) => !this.isBlocked(info.signal)).sort((a, b) => a.signal - b.signal)[0];
    if (next) this.pending = this.pending.filter((info) => info !== next);
    return next;
  }

  /**
   * Delivers to the program whose user state the processor holds now. A fault (`forced`) that is blocked or ignored
   * kills, as on Linux.
   */
  deliver(info: SignalInfo, forced: boolean): Delivery {
    const action = this.actions.get(info.signal);
    const handler = action?.handler ?? SIG_DFL;
    if (forced && (this.isBlocked(info.signal) || handler === SIG_IGN)) return "killed";
    if (handler === SIG_IGN) return "ignored";
    if (handler === SIG_DFL || !action) return !forced && IGNORED.has(info.signal) ? "ignored" : "killed";
    if (!this.pushFrame(info, action)) return "killed";
    const self = 1n << BigInt(info.signal - 1);
    this.blocked = BigInt.asUintN(64, this.blocked | action.mask | (action.flags & SA_NODEFER ? 0n : self));
    this.blocked &= ~((1n << 8n) | (1n << 18n)); // SIGKILL and SIGSTOP cannot be blocked
    if (action.flags & SA_RESETHAND) this.actions.delete(info.signal);
    return "handled";
  }

  get onAlternateStack(): boolean {
    const rsp = this.vcpu.readRegister(Gpr.RSP);
    const { base, size, flags } = this.alternate;
    return !(flags & 2) && rsp > base && rsp - base <= size;
  }

  private pushFrame(info: SignalInfo, action: SignalAction): boolean {
    const { vcpu } = this;
    let top = vcpu.readRegister(Gpr.RSP) - RED_ZONE;
    if (action.flags & SA_ONSTACK && !(this.alternate.flags & 2) && !this.onAlternateStack)
      top = this.alternate.base + this.alternate.size;
    const fpstate = (top - BigInt(FPSTATE_BYTES)) & ~63n;
    // At the handler's entry RSP + 8 is a multiple of 16: the frame starts with the return address.
    const frame = ((fpstate - BigInt(FRAME_BYTES)) & ~15n) - 8n;
    const bytes = new Uint8Array(FRAME_BYTES);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, action.restorer, true);
    view.setBigUint64(UCONTEXT, 0x6n, true); // UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS
    view.setBigUint64(UCONTEXT + 16, this.alternate.base, true);
    view.setUint32(UCONTEXT + 24, this.alternate.flags, true);
    view.setBigUint64(UCONTEXT + 32, this.alternate.size, true);
    CONTEXT_ORDER.forEach(
      (register, index) => void view.setBigUint64(MCONTEXT + index * 8, vcpu.readRegister(register), true),
    );
    view.setBigUint64(MCONTEXT + 128, vcpu.rip, true);
    view.setBigUint64(MCONTEXT + 136, vcpu.rflags, true);
    view.setUint16(MCONTEXT + 144, Selector.UserCode, true);
    view.setUint16(MCONTEXT + 150, Selector.UserData, true);
    view.setBigUint64(MCONTEXT + 152, info.trap?.errorCode ?? 0n, true);
    view.setBigUint64(MCONTEXT + 160, BigInt(info.trap?.vector ?? 0), true);
    view.setBigUint64(MCONTEXT + 168, this.blocked, true);
    view.setBigUint64(MCONTEXT + 176, info.trap?.cr2 ?? 0n, true);
    view.setBigUint64(MCONTEXT + 184, fpstate, true);
    view.setBigUint64(SIGMASK, this.blocked, true);
    view.setInt32(SIGINFO, info.signal, true);
    view.setInt32(SIGINFO + 8, info.code, true);
    if (info.sender) {
      view.setInt32(SIGINFO + 16, info.sender.pid, true);
      view.setUint32(SIGINFO + 20, info.sender.uid, true);
    } else view.setBigUint64(SIGINFO + 16, info.address ?? 0n, true);
    if (!this.space.write(Number(fpstate), vcpu.readFxState()) || !this.space.write(Number(frame), bytes)) return false;
    vcpu.writeRegister(Gpr.RSP, frame);
    vcpu.writeRegister(Gpr.RDI, BigInt(info.signal));
    vcpu.writeRegister(Gpr.RSI, frame + BigInt(SIGINFO));
    vcpu.writeRegister(Gpr.RDX, frame + BigInt(UCONTEXT));
    vcpu.writeRegister(Gpr.RAX, 0n);
    vcpu.rip = action.handler;
    vcpu.rflags = (vcpu.rflags & ~0x1_0500n) | 2n; // DF, TF and RF off
    return true;
  }

  /** rt_sigreturn: RSP stands behind the return address that the frame began with. False: the frame cannot be read. */
  restore(): boolean {
    const { vcpu } = this;
    const frame = vcpu.readRegister(Gpr.RSP) - 8n;
    const bytes = frame >= 0n && frame < 1n << 47n ? this.space.read(Number(frame), FRAME_BYTES) : undefined;
    if (!bytes) return false;
    const view = new DataView(bytes.buffer);
    CONTEXT_ORDER.forEach(
      (register, index) => void vcpu.writeRegister(register, view.getBigUint64(MCONTEXT + index * 8, true)),
    );
    vcpu.rip = view.getBigUint64(MCONTEXT + 128, true);
    vcpu.rflags = (vcpu.rflags & ~RESTORABLE_FLAGS) | (view.getBigUint64(MCONTEXT + 136, true) & RESTORABLE_FLAGS);
    this.blocked = view.getBigUint64(SIGMASK, true) & ~((1n << 8n) | (1n << 18n));
    const stackFlags = view.getUint32(UCONTEXT + 24, true);
    this.alternate = {
      base: stackFlags & 2 ? 0n : view.getBigUint64(UCONTEXT + 16, true),
      flags: stackFlags & 2,
      size: stackFlags & 2 ? 0n : view.getBigUint64(UCONTEXT + 32, true),
    };
    const fpstate = view.getBigUint64(MCONTEXT + 184, true);
    if (fpstate !== 0n) {
      const image = fpstate < 1n << 47n ? this.space.read(Number(fpstate), FPSTATE_BYTES) : undefined;
      if (!image) return false;
      // Reserved bits of MXCSR would make FXRSTOR fault; Linux masks them, too.
      image.fill(0, 26, 28);
      vcpu.writeFxState(image);
    }
    return true;
  }
}
