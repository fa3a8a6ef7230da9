/**
 * The frame of 64-bit handlers: return address, struct ucontext, siginfo, and above them the FXSAVE64 image.
 *
 * Sources: Linux arch/x86/include/uapi/asm/{sigcontext,ucontext}.h, arch/x86/kernel/signal_64.c (rt_sigframe); AMD64
 * psABI 1.0 §3.2.2 (red zone).
 */
import { Selector } from "../kernel-area.ts";
import { Gpr } from "../vcpu.ts";
import {
  HANDLER_CLEARED_FLAGS,
  loadCodeAndStack,
  RESTORABLE_FLAGS,
  restoredStack,
  type SignalFrame,
} from "./signal-frame.ts";

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

export const amd64Frame: SignalFrame = {
  push({ vcpu, space, kernel }, info, action, { blocked, alternate }, stack) {
    const top = stack ?? vcpu.readRegister(Gpr.RSP) - RED_ZONE;
    const fpstate = (top - BigInt(FPSTATE_BYTES)) & ~63n;
    // At the handler's entry RSP + 8 is a multiple of 16: the frame starts with the return address.
    const frame = ((fpstate - BigInt(FRAME_BYTES)) & ~15n) - 8n;
    const bytes = new Uint8Array(FRAME_BYTES);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, action.restorer, true);
    view.setBigUint64(UCONTEXT, 0x6n, true); // UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS
    view.setBigUint64(UCONTEXT + 16, alternate.base, true);
    view.setUint32(UCONTEXT + 24, alternate.flags, true);
    view.setBigUint64(UCONTEXT + 32, alternate.size, true);
    CONTEXT_ORDER.forEach(
      (register, index) => void view.setBigUint64(MCONTEXT + index * 8, vcpu.readRegister(register), true),
    );
    view.setBigUint64(MCONTEXT + 128, vcpu.rip, true);
    view.setBigUint64(MCONTEXT + 136, vcpu.rflags, true);
    view.setUint16(MCONTEXT + 144, vcpu.segment("cs").selector, true);
    view.setUint16(MCONTEXT + 150, vcpu.segment("ss").selector, true);
    view.setBigUint64(MCONTEXT + 152, info.trap?.errorCode ?? 0n, true);
    view.setBigUint64(MCONTEXT + 160, BigInt(info.trap?.vector ?? 0), true);
    view.setBigUint64(MCONTEXT + 168, blocked, true);
    view.setBigUint64(MCONTEXT + 176, info.trap?.cr2 ?? 0n, true);
    view.setBigUint64(MCONTEXT + 184, fpstate, true);
    view.setBigUint64(SIGMASK, blocked, true);
    view.setInt32(SIGINFO, info.signal, true);
    view.setInt32(SIGINFO + 8, info.code, true);
    if (info.sender) {
      view.setInt32(SIGINFO + 16, info.sender.pid, true);
      view.setUint32(SIGINFO + 20, info.sender.uid, true);
    } else view.setBigUint64(SIGINFO + 16, info.address ?? 0n, true);
    if (!space.write(Number(fpstate), vcpu.readFxState()) || !space.write(Number(frame), bytes)) return false;
    vcpu.setSegment("cs", kernel.segment(Selector.UserCode, "code")!);
    vcpu.setSegment("ss", kernel.segment(Selector.UserData, "stack")!);
    vcpu.writeRegister(Gpr.RSP, frame);
    vcpu.writeRegister(Gpr.RDI, BigInt(info.signal));
    vcpu.writeRegister(Gpr.RSI, frame + BigInt(SIGINFO));
    vcpu.writeRegister(Gpr.RDX, frame + BigInt(UCONTEXT));
    vcpu.writeRegister(Gpr.RAX, 0n);
    vcpu.rip = action.handler;
    vcpu.rflags = (vcpu.rflags & ~HANDLER_CLEARED_FLAGS) | 2n;
    return true;
  },

  restore(context) {
    const { vcpu, space } = context;
    const frame = vcpu.readRegister(Gpr.RSP) - 8n;
    const bytes = frame >= 0n && frame < 1n << 47n ? space.read(Number(frame), FRAME_BYTES) : undefined;
    if (!bytes) return undefined;
    const view = new DataView(bytes.buffer);
    if (!loadCodeAndStack(context, view.getUint16(MCONTEXT + 144, true), view.getUint16(MCONTEXT + 150, true)))
      return undefined;
    CONTEXT_ORDER.forEach(
      (register, index) => void vcpu.writeRegister(register, view.getBigUint64(MCONTEXT + index * 8, true)),
    );
    vcpu.rip = view.getBigUint64(MCONTEXT + 128, true);
    vcpu.rflags = (vcpu.rflags & ~RESTORABLE_FLAGS) | (view.getBigUint64(MCONTEXT + 136, true) & RESTORABLE_FLAGS);
    const fpstate = view.getBigUint64(MCONTEXT + 184, true);
    if (fpstate !== 0n) {
      const image = fpstate < 1n << 47n ? space.read(Number(fpstate), FPSTATE_BYTES) : undefined;
      if (!image) return undefined;
      // Reserved bits of MXCSR would make FXRSTOR fault; Linux masks them, too.
      image.fill(0, 26, 28);
      vcpu.writeFxState(image);
    }
    return {
      blocked: view.getBigUint64(SIGMASK, true),
      alternate: restoredStack(
        view.getBigUint64(UCONTEXT + 16, true),
        view.getUint32(UCONTEXT + 24, true),
        view.getBigUint64(UCONTEXT + 32, true),
      ),
    };
  },
};
