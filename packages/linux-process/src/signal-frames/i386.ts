/**
 * The two frames of 32-bit handlers: the old one (signal number, struct sigcontext) and, with SA_SIGINFO, the real-time
 * one (number, pointers, siginfo, struct ucontext).
 *
 * Sources: Linux arch/x86/include/uapi/asm/sigcontext.h (sigcontext_32, _fpstate_32), arch/x86/include/asm/{sigframe,ia32}.h,
 * arch/x86/kernel/signal_32.c.
 */
import { Selector } from "../kernel-area.ts";
import { SA_RESTORER, SA_SIGINFO, type SignalInfo } from "../signals.ts";
import { Gpr } from "../vcpu.ts";
import { FSAVE_BYTES, fsaveFromFxsave, fsaveIntoFxsave } from "./fsave-image.ts";
import {
  type AlternateStack,
  HANDLER_CLEARED_FLAGS,
  loadCodeAndStack,
  RESTORABLE_FLAGS,
  restoredStack,
  type SignalFrame,
  type UserContext,
} from "./signal-frame.ts";

const FXSAVE_BYTES = 512;
const SEGMENTS = ["gs", "fs", "es", "ds"] as const;
/** General registers in struct sigcontext, behind the four segments. */
const CONTEXT_ORDER = [Gpr.RDI, Gpr.RSI, Gpr.RBP, Gpr.RSP, Gpr.RBX, Gpr.RDX, Gpr.RCX, Gpr.RAX] as const;
const CONTEXT_BYTES = 88;
const FPSTATE_POINTER = 76;
/** The old frame: return address, number, context, 624 bytes that nobody uses, the mask's second half, code. */
const OLD = { context: 8, extraMask: 8 + CONTEXT_BYTES + 624, code: 8 + CONTEXT_BYTES + 628, bytes: 732 } as const;
/** The real-time frame: return address, number, two pointers, siginfo, ucontext, code. */
const RT = { info: 16, ucontext: 144, context: 164, mask: 252, code: 260, bytes: 268 } as const;
/** pop eax; mov eax, sigreturn; int 0x80. And mov eax, rt_sigreturn; int 0x80: what debuggers look for behind a frame. */
const OLD_CODE = [0x58, 0xb8, 119, 0, 0, 0, 0xcd, 0x80];
const RT_CODE = [0xb8, 173, 0, 0, 0, 0xcd, 0x80, 0];

const low = (value: bigint): number => Number(BigInt.asUintN(32, value));

function writeContext({ vcpu }: UserContext, info: SignalInfo, view: DataView, blocked: bigint, fpstate: number): void {
  SEGMENTS.forEach((name, index) => void view.setUint16(index * 4, vcpu.segment(name).selector, true));
  const words: readonly (readonly [number, number])[] = [
    ...CONTEXT_ORDER.map((register, index): [number, number] => [16 + index * 4, low(vcpu.readRegister(register))]),
    [48, info.trap?.vector ?? 0],
    [52, low(info.trap?.errorCode ?? 0n)],
    [56, low(vcpu.rip)],
    [60, vcpu.segment("cs").selector],
    [64, low(vcpu.rflags)],
    [68, low(vcpu.readRegister(Gpr.RSP))],
    [72, vcpu.segment("ss").selector],
    [FPSTATE_POINTER, fpstate],
    [80, low(blocked)],
    [84, low(info.trap?.cr2 ?? 0n)],
  ];
  for (const [at, word] of words) view.setUint32(at, word, true);
}

/** struct compat_siginfo as far as it is filled here. */
function writeInfo(view: DataView, info: SignalInfo): void {
  view.setInt32(0, info.signal, true);
  view.setInt32(8, info.code, true);
  if (info.sender) {
    view.setInt32(12, info.sender.pid, true);
    view.setUint32(16, info.sender.uid, true);
  } else view.setUint32(12, low(info.address ?? 0n), true);
}

function readContext(context: UserContext, bytes: Uint8Array<ArrayBuffer>, at: number): boolean {
  const { vcpu, space, kernel } = context;
  const view = new DataView(bytes.buffer, at, CONTEXT_BYTES);
  if (!loadCodeAndStack(context, view.getUint16(60, true), view.getUint16(72, true))) return false;
  // Null stays null; anything else gets RPL 3.
  SEGMENTS.forEach((name, index) => {
    const selector = view.getUint16(index * 4, true);
    kernel.loadData(name, selector < 4 ? selector : selector | 3);
  });
  CONTEXT_ORDER.forEach(
    (register, index) => void vcpu.writeRegister(register, BigInt(view.getUint32(16 + index * 4, true))),
  );
  vcpu.rip = BigInt(view.getUint32(56, true));
  vcpu.rflags = (vcpu.rflags & ~RESTORABLE_FLAGS) | (BigInt(view.getUint32(64, true)) & RESTORABLE_FLAGS);
  const fpstate = view.getUint32(FPSTATE_POINTER, true);
  if (fpstate === 0) return true;
  const saved = space.read(fpstate, FSAVE_BYTES + FXSAVE_BYTES);
  if (!saved) return false;
  const image = saved.slice(FSAVE_BYTES);
  fsaveIntoFxsave(saved, image);
  // Reserved bits of MXCSR would make FXRSTOR fault; Linux masks them, too. XMM8–15 are not in a 32-bit frame.
  image.fill(0, 26, 28);
  image.set(vcpu.readFxState().subarray(288, 416), 288);
  vcpu.writeFxState(image);
  return true;
}

/** Reads a frame at the stack pointer less what the restorer popped, and hands mask and stack to `kept`. */
const restoreFrom =
  (
    popped: number,
    size: number,
    contextAt: number,
    kept: (view: DataView) => { blocked: bigint; alternate: AlternateStack | undefined },
  ): SignalFrame["restore"] =>
  (context) => {
    const bytes = context.space.read(low(context.vcpu.readRegister(Gpr.RSP)) - popped, size);
    return bytes && readContext(context, bytes, contextAt) ? kept(new DataView(bytes.buffer)) : undefined;
  };

/** Pushes either frame; its `restore` is rt_sigreturn's. */
export const i386Frame: SignalFrame = {
  push(context, info, action, { blocked, alternate }, stack) {
    const { vcpu, space, kernel } = context;
    const realTime = (action.flags & SA_SIGINFO) !== 0;
    const layout = realTime ? RT : OLD;
    const top = stack === undefined ? low(vcpu.readRegister(Gpr.RSP)) : low(stack);
    const fxsave = Math.floor((top - FXSAVE_BYTES - FSAVE_BYTES) / 64) * 64;
    const fpstate = fxsave - FSAVE_BYTES;
    // At the handler's entry ESP + 4 is a multiple of 16.
    const frame = Math.floor((fpstate - layout.bytes + 4) / 16) * 16 - 4;
    if (frame < 0) return false;
    const bytes = new Uint8Array(layout.bytes);
    const view = new DataView(bytes.buffer);
    const restorer =
      action.flags & SA_RESTORER
        ? low(action.restorer)
        : context.restorers
          ? low(realTime ? context.restorers.realTime : context.restorers.plain)
          : frame + layout.code;
    view.setUint32(0, restorer, true);
    view.setUint32(4, info.signal, true);
    writeContext(context, info, new DataView(bytes.buffer, layout.context), blocked, fpstate);
    bytes.set(realTime ? RT_CODE : OLD_CODE, layout.code);
    if (realTime) {
      view.setUint32(8, frame + RT.info, true);
      view.setUint32(12, frame + RT.ucontext, true);
      writeInfo(new DataView(bytes.buffer, RT.info), info);
      view.setUint32(RT.ucontext + 8, low(alternate.base), true);
      view.setUint32(RT.ucontext + 12, alternate.flags, true);
      view.setUint32(RT.ucontext + 16, low(alternate.size), true);
      view.setBigUint64(RT.mask, blocked, true);
    } else view.setUint32(OLD.extraMask, low(blocked >> 32n), true);
    const image = vcpu.readFxState();
    const fsave = fsaveFromFxsave(image, vcpu.segment("cs").selector, vcpu.segment("ds").selector);
    if (!space.write(fpstate, fsave) || !space.write(fxsave, image) || !space.write(frame, bytes)) return false;
    const data = kernel.segment(Selector.UserData, "stack")!;
    vcpu.setSegment("cs", kernel.segment(Selector.User32Code, "code")!);
    for (const name of ["ss", "ds", "es"] as const) vcpu.setSegment(name, data);
    for (const [register, value] of [
      [Gpr.RSP, frame],
      [Gpr.RAX, info.signal],
      [Gpr.RDX, realTime ? frame + RT.info : 0],
      [Gpr.RCX, realTime ? frame + RT.ucontext : 0],
    ] as const)
      vcpu.writeRegister(register, BigInt(value));
    vcpu.rip = BigInt.asUintN(32, action.handler);
    vcpu.rflags = (vcpu.rflags & ~HANDLER_CLEARED_FLAGS) | 2n;
    return true;
  },
  // RET took the return address.
  restore: restoreFrom(4, RT.bytes, RT.context, (view) => ({
    blocked: view.getBigUint64(RT.mask, true),
    alternate: restoredStack(
      BigInt(view.getUint32(RT.ucontext + 8, true)),
      view.getUint32(RT.ucontext + 12, true),
      BigInt(view.getUint32(RT.ucontext + 16, true)),
    ),
  })),
};

/** sigreturn: RET took the return address and POP EAX the number. */
export const i386OldFrame: Pick<SignalFrame, "restore"> = {
  restore: restoreFrom(8, OLD.bytes, OLD.context, (view) => ({
    blocked: BigInt(view.getUint32(OLD.context + 80, true)) | (BigInt(view.getUint32(OLD.extraMask, true)) << 32n),
    alternate: undefined,
  })),
};
