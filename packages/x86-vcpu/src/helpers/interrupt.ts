/** INT n, INT3, INTO, INT1 and IRET (SDM vol. 2; vol. 3 §22.3 for virtual-8086 mode). */
import { Vector } from "x86-lift";
import { Cr4, Rflags } from "../control-bits.ts";
import type { Cpu } from "../cpu.ts";
import { deliverEvent } from "../events/deliver.ts";
import { deliverQuickly, returnQuickly } from "../events/quick.ts";
import { type Helper, HelperStatus } from "../helper.ts";
import { readSystem16 } from "../mmu/system-access.ts";
import { SegmentIndex, segmentLimitOffset, segmentSelectorOffset } from "../segment.ts";
import { setRealSegment } from "../segments/descriptor.ts";
import { peekStack, returnFar } from "../segments/far-return.ts";
import { currentStack, pushFrame, RSP, type Stack, setStackPointer } from "../segments/stack-frame.ts";
import { switchTask } from "../segments/task-switch.ts";
import { StateOffset } from "../state-layout.ts";
import { nextRip } from "./far.ts";

const Kind = { IntN: 0, Int3: 1, Into: 2, Int1: 3 } as const;
const iopl = (flags: number): number => (flags >>> 12) & 3;

const softwareInterrupt: Helper = (cpu, _a, _b, _c, _result, lo, hi) => {
  const flags = cpu.readRflags() & ~Rflags.RF;
  const length = cpu.get32(StateOffset.instructionLength);
  if (hi === Kind.IntN && deliverQuickly(cpu, lo, undefined, true, length, flags)) {
    cpu.suppressStep = true;
    return HelperStatus.Continue;
  }
  const returnRip = nextRip(cpu);
  if (hi === Kind.Into && (flags & Rflags.OF) === 0) {
    cpu.rip = returnRip;
    return HelperStatus.Continue;
  }
  cpu.suppressStep = true;
  if (hi !== Kind.IntN) {
    // Traps of their own vectors: the run loop delivers them, because the exception bitmap may want them.
    cpu.raise(lo);
    cpu.pendingTrapLength = length;
    cpu.pendingIsSoftware = hi !== Kind.Int1;
    return HelperStatus.Fault;
  }
  if (cpu.virtual8086) {
    const redirected = redirect(cpu, lo, flags, returnRip);
    if (redirected !== undefined) return redirected;
  }
  return deliverEvent(cpu, { vector: lo, errorCode: undefined, isSoftware: true, returnRip, flags });
};

/** INT n in virtual-8086 mode: to the 8086 program's own handler, refused, or (undefined) through the IDT. */
function redirect(cpu: Cpu, vector: number, flags: number, returnRip: bigint): HelperStatus | undefined {
  const isVme = (cpu.cr4 & Cr4.VME) !== 0;
  if (isVme) {
    const tss = cpu.get64(StateOffset.trBase);
    const limit = cpu.get32(segmentLimitOffset(SegmentIndex.TR));
    const mapBase = limit < 0x67 ? undefined : readSystem16(cpu, tss + 0x66n);
    if (mapBase === undefined) return cpu.raise(Vector.GP, 0);
    // The redirection bitmap is the 32 bytes below the I/O bitmap.
    const at = mapBase - 32 + (vector >>> 3);
    const bits = at < 0 || at > limit ? undefined : readSystem16(cpu, tss + BigInt(at));
    if (bits === undefined) return cpu.raise(Vector.GP, 0);
    if (((bits >>> (vector & 7)) & 1) === 0) return deliverVirtual(cpu, vector, flags, returnRip);
  }
  return iopl(flags) === 3 ? undefined : cpu.raise(Vector.GP, 0);
}

/** Through the 8086 program's vector table at linear 0; with IOPL < 3 the pushed IF is VIF, and IOPL reads as 3. */
function deliverVirtual(cpu: Cpu, vector: number, flags: number, returnRip: bigint): HelperStatus {
  const isVirtual = iopl(flags) < 3;
  const vif = (flags & Rflags.VIF) !== 0 ? Rflags.IF : 0;
  const image = isVirtual ? (flags & ~Rflags.IF) | vif | Rflags.IOPL : flags;
  const offset = readSystem16(cpu, BigInt(vector * 4));
  if (offset === undefined) return HelperStatus.Fault;
  const selector = readSystem16(cpu, BigInt(vector * 4 + 2));
  if (selector === undefined) return HelperStatus.Fault;
  const stack = currentStack(cpu, 0);
  const cs = BigInt(cpu.get16(segmentSelectorOffset(SegmentIndex.CS)));
  const pointer = pushFrame(cpu, stack, 2, [BigInt(image & 0xffff), cs, returnRip & 0xffffn]);
  if (pointer === undefined) return HelperStatus.Fault;
  setStackPointer(cpu, stack.bits, pointer);
  setRealSegment(cpu, SegmentIndex.CS, selector);
  cpu.rip = BigInt(offset);
  cpu.writeRflags(flags & ~(Rflags.TF | Rflags.RF | Rflags.NT | (isVirtual ? Rflags.VIF : Rflags.IF)));
  return HelperStatus.Continue;
}

interface Frame {
  readonly stack: Stack;
  readonly bytes: number;
  readonly rip: bigint;
  readonly selector: number;
  readonly flags: number;
}

/** The mode key is out of date behind it: `dispatch` follows, which makes it anew. */
const interruptReturn: Helper = (cpu, _a, _b, _c, _result, lo) => {
  // Even if it faults (SDM vol. 3 §7.7.1).
  cpu.nmiBlocked = false;
  if (!returnedQuickly(cpu, lo)) {
    const status = returnFromInterrupt(cpu, lo);
    if (status !== HelperStatus.Continue) return status;
  }
  // RF holds for the instruction after this one.
  const flags = cpu.get32(StateOffset.rflagsOther);
  cpu.resumeFlagAt = (flags & Rflags.RF) !== 0 ? cpu.retired + 1 : -1;
  return HelperStatus.Continue;
};

/** False: nothing has happened. */
function returnedQuickly(cpu: Cpu, bits: number): boolean {
  const old = cpu.get32(StateOffset.rflagsOther);
  if ((old & Rflags.NT) !== 0) return false;
  const mask = returnMask(cpu, old, bits >>> 3);
  const image = returnQuickly(cpu, bits);
  if (image < 0) return false;
  // Status flags and RF all come from the image.
  cpu.writeRflags((old & ~mask) | (image & mask));
  return true;
}

function returnFromInterrupt(cpu: Cpu, bits: number): HelperStatus {
  const flags = cpu.readRflags();
  const isProtected = cpu.protectedMode && !cpu.virtual8086;
  if (isProtected && (flags & Rflags.NT) !== 0) {
    if (cpu.longMode) return cpu.raise(Vector.GP, 0);
    return switchTask(cpu, 0, { kind: "return", returnRip: nextRip(cpu), flags, errorCode: undefined, external: 0 });
  }
  const canVirtualise = bits === 16 && (cpu.cr4 & Cr4.VME) !== 0;
  if (cpu.virtual8086 && iopl(flags) < 3 && !canVirtualise) return cpu.raise(Vector.GP, 0);

  const bytes = bits >>> 3;
  const stack = currentStack(cpu, 0);
  const rip = peekStack(cpu, stack, 0, bytes);
  if (rip === undefined) return HelperStatus.Fault;
  const cs = peekStack(cpu, stack, bytes, bytes);
  if (cs === undefined) return HelperStatus.Fault;
  const image = peekStack(cpu, stack, bytes * 2, bytes);
  if (image === undefined) return HelperStatus.Fault;
  const frame = { stack, bytes, rip, selector: Number(cs & 0xffffn), flags: Number(image & 0xffff_ffffn) | 0 };
  return isProtected ? toProtected(cpu, frame) : toReal(cpu, frame);
}

/** Bits that a 16-bit image cannot hold stay as they are. */
const imageMask = (bytes: number): number => (bytes === 2 ? 0xffff : -1);
const common = 0x4dd5 | Rflags.TF;

function toReal(cpu: Cpu, frame: Frame): HelperStatus {
  const old = cpu.readRflags();
  const { virtual8086 } = cpu;
  let mask = (common | Rflags.IF | Rflags.RF | Rflags.AC | Rflags.ID) & imageMask(frame.bytes);
  let image = frame.flags;
  if (!virtual8086) mask |= Rflags.IOPL;
  if (virtual8086 && iopl(old) < 3) {
    // VME: the program's IF is VIF.
    const wantsInterrupts = (image & Rflags.IF) !== 0;
    if ((image & Rflags.TF) !== 0 || ((old & Rflags.VIP) !== 0 && wantsInterrupts)) return cpu.raise(Vector.GP, 0);
    image = wantsInterrupts ? image | Rflags.VIF : image & ~Rflags.VIF;
    mask = (mask & ~Rflags.IF) | Rflags.VIF;
  }
  if (frame.rip > BigInt(cpu.get32(segmentLimitOffset(SegmentIndex.CS)))) return cpu.raise(Vector.GP, 0);
  setRealSegment(cpu, SegmentIndex.CS, frame.selector);
  cpu.rip = frame.rip;
  setStackPointer(cpu, frame.stack.bits, frame.stack.pointer + BigInt(frame.bytes * 3));
  cpu.writeRflags((old & ~mask) | (image & mask));
  return HelperStatus.Continue;
}

/** The flags that IRET to protected mode takes from its image. */
function returnMask({ cpl }: Cpu, old: number, bytes: number): number {
  let mask = common | Rflags.RF | Rflags.AC | Rflags.ID;
  if (cpl <= iopl(old)) mask |= Rflags.IF;
  if (cpl === 0) mask |= Rflags.IOPL | Rflags.VIF | Rflags.VIP;
  return mask & imageMask(bytes);
}

function toProtected(cpu: Cpu, frame: Frame): HelperStatus {
  const old = cpu.readRflags();
  const { cpl } = cpu;
  const isWide = frame.bytes > 2;
  if (isWide && (frame.flags & Rflags.VM) !== 0 && cpl === 0 && !cpu.longMode) return toVirtual8086(cpu, frame);
  const mask = returnMask(cpu, old, frame.bytes);
  const status = returnFar(cpu, {
    bytes: frame.bytes,
    rip: frame.rip,
    selector: frame.selector,
    outerAt: frame.bytes * 3,
    release: 0,
    alwaysStack: cpu.code64,
  });
  if (status !== HelperStatus.Continue) return status;
  cpu.writeRflags((old & ~mask) | (frame.flags & mask));
  return HelperStatus.Continue;
}

/** From ring 0, six more doublewords: ESP SS ES DS FS GS. */
function toVirtual8086(cpu: Cpu, frame: Frame): HelperStatus {
  const images: bigint[] = [];
  for (let n = 3; n < 9; n++) {
    const image = peekStack(cpu, frame.stack, n * 4, 4);
    if (image === undefined) return HelperStatus.Fault;
    images.push(image);
  }
  cpu.writeRflags(frame.flags);
  cpu.cpl = 3;
  const { SS, ES, DS, FS, GS } = SegmentIndex;
  setRealSegment(cpu, SegmentIndex.CS, frame.selector);
  for (const [n, segment] of [SS, ES, DS, FS, GS].entries()) {
    setRealSegment(cpu, segment, Number(images[n + 1]! & 0xffffn));
  }
  cpu.writeGpr(RSP, images[0]!);
  cpu.rip = frame.rip & 0xffffn;
  return HelperStatus.Continue;
}

export const interruptHelpers = { softwareInterrupt, interruptReturn };
