import type { AddressSpace } from "../address-space.ts";
import type { KernelArea } from "../kernel-area.ts";
import type { SegmentUse } from "../segment-descriptors.ts";
import type { SignalAction, SignalInfo } from "../signals.ts";
import type { ProcessVcpu } from "../vcpu.ts";

export interface AlternateStack {
  readonly base: bigint;
  /** SS_DISABLE 2. */
  readonly flags: number;
  readonly size: bigint;
}

/** What a frame keeps beside registers. */
export interface KeptSignalState {
  readonly blocked: bigint;
  readonly alternate: AlternateStack;
}

/** The user state that frames are made of: the processor, the memory, and what selectors stand for. */
export interface UserContext {
  readonly vcpu: ProcessVcpu;
  readonly space: AddressSpace;
  readonly kernel: KernelArea;
  /** Where a handler without SA_RESTORER returns to, on i386: stubs of the kernel's own. */
  readonly restorers: { readonly plain: bigint; readonly realTime: bigint } | undefined;
}

/** How one ABI lays out what a handler finds on its stack. */
export interface SignalFrame {
  /** Puts the frame and brings the processor to the handler. `stack`: top of the alternate stack. False: EFAULT. */
  push(
    context: UserContext,
    info: SignalInfo,
    action: SignalAction,
    kept: KeptSignalState,
    stack: bigint | undefined,
  ): boolean;
  /** Sigreturn: the stack pointer stands where the restorer's system call left it. Undefined: SIGSEGV. */
  restore(
    context: UserContext,
  ): { readonly blocked: bigint; readonly alternate: AlternateStack | undefined } | undefined;
}

/** RFLAGS bits that sigreturn may change: CF PF AF ZF SF TF DF OF RF AC. */
export const RESTORABLE_FLAGS = 0x5_0dd5n;
/** Off at a handler's entry: DF, TF and RF. */
export const HANDLER_CLEARED_FLAGS = 0x1_0500n;

/** Loads CS and SS as IRET would. False: it would fault, and nothing has changed. */
export function loadCodeAndStack({ vcpu, kernel }: UserContext, cs: number, ss: number): boolean {
  const load = (selector: number, use: SegmentUse) => kernel.segment((selector & 0xffff) | 3, use);
  const [code, stack] = [load(cs, "code"), load(ss, "stack")];
  if (!code || !stack) return false;
  vcpu.setSegment("cs", code);
  vcpu.setSegment("ss", stack);
  return true;
}

/** The stack after a frame was left: Linux takes only what sigaltstack would. */
export const restoredStack = (base: bigint, flags: number, size: bigint): AlternateStack =>
  flags & 2 ? { base: 0n, flags: 2, size: 0n } : { base, flags: 0, size };
