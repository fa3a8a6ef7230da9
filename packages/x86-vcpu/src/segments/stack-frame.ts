/** Pushes of several values that happen all or not at all: interrupts, calls through gates, far calls. */
import { MemoryFlag, Vector } from "x86-lift";
import { Access, type Cpu } from "../cpu.ts";
import { HelperStatus } from "../helper.ts";
import { hasBreakpoints } from "../mmu/breakpoints.ts";
import { probeLinear } from "../mmu/linear.ts";
import { isCanonical } from "../mmu/segmentation.ts";
import { high32, low32 } from "../mmu/system-access.ts";
import { SegmentAttribute, SegmentIndex, segmentAttributesOffset, segmentLimitOffset } from "../segment.ts";
import { StateOffset } from "../state-layout.ts";
import { TlbContext } from "../tlb.ts";
import { type Descriptor, descriptorAttributes, descriptorBase, descriptorLimit } from "./descriptor.ts";

/** A stack to push on: the current one, or one that is about to be. */
export interface Stack {
  readonly base: bigint;
  readonly limit: number;
  readonly attributes: number;
  /** Address size: 64, or the B bit. */
  readonly bits: 16 | 32 | 64;
  readonly pointer: bigint;
  /** Privilege with which the pushes are made. */
  readonly cpl: number;
  /** Error code of the #SS for a stack without room. */
  readonly errorCode: number;
}

export const RSP = 4;

/** SS:rSP as it is. */
export function currentStack(cpu: Cpu, errorCode: number): Stack {
  const attributes = cpu.get16(segmentAttributesOffset(SegmentIndex.SS));
  const bits = cpu.code64 ? 64 : (attributes & SegmentAttribute.Big) !== 0 ? 32 : 16;
  return {
    base: bits === 64 ? 0n : cpu.get64(StateOffset.segmentBase + SegmentIndex.SS * 8),
    limit: cpu.get32(segmentLimitOffset(SegmentIndex.SS)),
    attributes,
    bits,
    pointer: BigInt.asUintN(bits, cpu.readGpr(RSP)),
    cpl: cpu.cpl,
    errorCode,
  };
}

/** The stack that a checked SS descriptor and a pointer make. */
export function stackOf(d: Descriptor, pointer: bigint, cpl: number, errorCode: number): Stack {
  const attributes = descriptorAttributes(d);
  const bits = (attributes & SegmentAttribute.Big) !== 0 ? 32 : 16;
  return {
    base: BigInt(descriptorBase(d)),
    limit: descriptorLimit(d),
    attributes,
    bits,
    pointer: BigInt.asUintN(bits, pointer),
    cpl,
    errorCode,
  };
}

/** A flat 64-bit stack. */
export const longStack = (pointer: bigint, cpl: number, errorCode: number): Stack => ({
  base: 0n,
  limit: 0,
  attributes: 0,
  bits: 64,
  pointer,
  cpl,
  errorCode,
});

/** Linear address of `bytes` bytes at an offset of the stack; undefined with #SS pending. */
export function stackLinear(cpu: Cpu, stack: Stack, offset: bigint, bytes: number): bigint | undefined {
  if (stack.bits === 64) {
    const last = BigInt.asUintN(64, offset + BigInt(bytes - 1));
    if (isCanonical(cpu, high32(offset)) && isCanonical(cpu, high32(last))) return offset;
  } else {
    const first = Number(offset);
    const last = first + bytes - 1;
    const isDown = (stack.attributes & SegmentAttribute.ExpandDown) !== 0;
    const top = (stack.attributes & SegmentAttribute.Big) !== 0 ? 0xffff_ffff : 0xffff;
    if (isDown ? first > stack.limit && last <= top : last <= stack.limit) {
      return BigInt.asUintN(32, stack.base + offset);
    }
  }
  cpu.raise(Vector.SS, stack.errorCode);
  return undefined;
}

/**
 * The frame of 8-byte values where nothing is in the way: a 64-bit stack, one page, aligned, no data breakpoints. False: it
 * was not so, and nothing has happened that going on by single pushes would not do again.
 */
function pushInOnePage(cpu: Cpu, stack: Stack, values: readonly bigint[]): boolean {
  const bytes = values.length * 8;
  const top = low32(stack.pointer);
  const high = high32(stack.pointer);
  if ((top & 7) !== 0 || (top & 0xfff) < bytes || hasBreakpoints(cpu) || !isCanonical(cpu, high)) return false;
  const context = stack.cpl === 3 ? cpu.dataContext : TlbContext.Supervisor;
  const host = cpu.translate(top - bytes, high, Access.Write, context);
  if (host < 0) return false;
  for (let n = 0; n < values.length; n++) cpu.u64[(host + bytes - (n + 1) * 8) >>> 3] = values[n]!;
  cpu.wroteHost(host, bytes);
  return true;
}

/** Pushes values of 2, 4 or 8 bytes in order. The new pointer, or undefined with a fault pending and nothing written. */
export function pushFrame(cpu: Cpu, stack: Stack, bytes: number, values: readonly bigint[]): bigint | undefined {
  if (stack.bits === 64 && bytes === 8 && pushInOnePage(cpu, stack, values))
    return stack.pointer - BigInt(values.length * 8);
  const flags = stack.cpl === 3 ? 0 : MemoryFlag.Supervisor;
  const linears: bigint[] = [];
  let { pointer } = stack;
  for (let n = 0; n < values.length; n++) {
    pointer = BigInt.asUintN(stack.bits, pointer - BigInt(bytes));
    const linear = stackLinear(cpu, stack, pointer, bytes);
    if (linear === undefined) return undefined;
    if (probeLinear(cpu, low32(linear), high32(linear), bytes, Access.Write, flags) !== HelperStatus.Continue) {
      return undefined;
    }
    linears.push(linear);
  }
  for (const [n, linear] of linears.entries()) {
    cpu.set64(StateOffset.scratch, values[n]!);
    // Probed: only a user stack in MMIO space can answer otherwise, and there the bytes are lost.
    cpu.storeLinear(low32(linear), high32(linear), bytes, flags, cpu.base + StateOffset.scratch);
  }
  return pointer;
}

/** rSP of a given width: 16 bits leave the rest, 32 bits clear it. */
export function setStackPointer(cpu: Cpu, bits: 16 | 32 | 64, pointer: bigint): void {
  if (bits === 16) cpu.writeGpr(RSP, (cpu.readGpr(RSP) & ~0xffffn) | (pointer & 0xffffn));
  else cpu.writeGpr(RSP, BigInt.asUintN(bits, pointer));
}
