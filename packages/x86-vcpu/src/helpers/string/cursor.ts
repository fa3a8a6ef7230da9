/**
 * What the REP string helpers share: counters, addresses, and how many elements one call may do.
 *
 * A chunk stays inside one page of each operand, so only its first element can fault. Elements are done one by one,
 * through the ordinary slow path, where the fast way has no say: MMIO, breakpoints, alignment checks, an element
 * across a page or across the end of a segment.
 */
import { Rflags } from "../../control-bits.ts";
import { Access, type Cpu } from "../../cpu.ts";
import { HelperStatus } from "../../helper.ts";
import { hasBreakpoints } from "../../mmu/breakpoints.ts";
import { high32, low32 } from "../../mmu/system-access.ts";
import { modeKeyHas } from "../../mode-key.ts";
import { SegmentIndex } from "../../segment.ts";
import { StateOffset } from "../../state-layout.ts";
import { write32 } from "../operands.ts";

const RCX = 1;
const RSI = 6;
const RDI = 7;
const CHUNK_BYTES = 4096;

/** The fields of a string helper's constants lo and hi. */
export interface StringOperation {
  /** Element bytes. */
  readonly size: number;
  readonly addressBits: number;
  readonly repne: boolean;
  /** Of the rSI operand. */
  readonly segment: number;
}

export const decodeOperation = (lo: number, hi: number): StringOperation => ({
  size: lo & 0xff,
  addressBits: (lo >>> 8) & 0xff,
  repne: (lo & (1 << 16)) !== 0,
  segment: hi,
});

export const remaining = (cpu: Cpu, op: StringOperation): bigint => BigInt.asUintN(op.addressBits, cpu.readGpr(RCX));
export const sourceOffset = (cpu: Cpu, op: StringOperation): bigint => BigInt.asUintN(op.addressBits, cpu.readGpr(RSI));
export const destinationOffset = (cpu: Cpu, op: StringOperation): bigint =>
  BigInt.asUintN(op.addressBits, cpu.readGpr(RDI));

export const isDown = (cpu: Cpu): boolean => (cpu.get32(StateOffset.rflagsOther) & Rflags.DF) !== 0;

function writeCounter(cpu: Cpu, register: number, bits: number, value: bigint): void {
  const wrapped = BigInt.asUintN(bits, value);
  cpu.writeGpr(register, bits === 16 ? (cpu.readGpr(register) & ~0xffffn) | wrapped : wrapped);
}

/** Moves the registers on by n elements. True: iterations remain. */
export function advance(
  cpu: Cpu,
  op: StringOperation,
  n: number,
  usesSource: boolean,
  usesDestination: boolean,
): boolean {
  const step = BigInt(isDown(cpu) ? -n * op.size : n * op.size);
  if (usesSource) writeCounter(cpu, RSI, op.addressBits, cpu.readGpr(RSI) + step);
  if (usesDestination) writeCounter(cpu, RDI, op.addressBits, cpu.readGpr(RDI) + step);
  const left = remaining(cpu, op) - BigInt(n);
  writeCounter(cpu, RCX, op.addressBits, left);
  return left !== 0n;
}

/** Ends a call: do iterations remain? */
export function done(cpu: Cpu, result: number, more: boolean): HelperStatus {
  cpu.set32(StateOffset.repeating, more ? 1 : 0);
  write32(cpu, result, more ? 1 : 0);
  return HelperStatus.Continue;
}

/** Elements, from this offset on, before the address wraps around. */
function beforeWrap(op: StringOperation, offset: bigint, down: boolean): number {
  const size = BigInt(op.size);
  const room = down ? offset / size + 1n : ((1n << BigInt(op.addressBits)) - offset) / size;
  return room > BigInt(CHUNK_BYTES) ? CHUNK_BYTES : Number(room);
}

/** Elements, from this linear address on, that lie wholly in its page; 0 if the first does not. */
function insidePage(low: number, size: number, down: boolean): number {
  const at = low & 0xfff;
  if (at + size > 0x1000) return 0;
  return Math.floor(down ? at / size + 1 : (0x1000 - at) / size);
}

/** One operand's place for a chunk: how many elements may be done there, and where the first is. */
export interface Span {
  count: number;
  host: number;
}

/**
 * Finds an operand in memory. count 0: go through the slow path, one element. Nothing is raised: what would be is
 * found again there.
 */
export function findSpan(
  cpu: Cpu,
  op: StringOperation,
  segment: number,
  offset: bigint,
  write: boolean,
  wanted: number,
): Span {
  const slow = { count: 0, host: 0 };
  const down = isDown(cpu);
  let count = Math.min(wanted, beforeWrap(op, offset, down));
  if (count === 0) return slow;
  const { size } = op;
  if (cpu.toLinear(segment, low32(offset), high32(offset), size, 0, write) !== HelperStatus.Continue) return slow;
  const { linearLow, linearHigh } = cpu;
  count = Math.min(count, insidePage(linearLow, size, down));
  if (count === 0) return slow;
  if (count > 1) {
    const last = offset + BigInt((count - 1) * (down ? -size : size));
    if (cpu.toLinear(segment, low32(last), high32(last), size, 0, write) !== HelperStatus.Continue) return slow;
  }
  const host = cpu.translate(linearLow, linearHigh, write ? Access.Write : Access.Read);
  return host < 0 ? slow : { count, host };
}

/** Elements that one call may look at; 1 sends it down the slow path. */
export function chunkLimit(cpu: Cpu, op: StringOperation): number {
  const single = (cpu.get32(StateOffset.rflagsOther) & Rflags.TF) !== 0 || hasBreakpoints(cpu);
  if (single || modeKeyHas(cpu.modeKey, "alignmentCheck")) return 1;
  const limit = CHUNK_BYTES / op.size;
  const left = remaining(cpu, op);
  return left > BigInt(limit) ? limit : Number(left);
}

export const destinationSegment: number = SegmentIndex.ES;

/** One element through the slow path, to or from a byte offset. */
export function loadElement(
  cpu: Cpu,
  op: StringOperation,
  segment: number,
  offset: bigint,
  dest: number,
): HelperStatus {
  return cpu.loadSegmented(segment, low32(offset), high32(offset), op.size, 0, dest);
}

export function storeElement(
  cpu: Cpu,
  op: StringOperation,
  segment: number,
  offset: bigint,
  src: number,
): HelperStatus {
  return cpu.storeSegmented(segment, low32(offset), high32(offset), op.size, 0, src);
}

/** An element as an unsigned number of its width. */
export function element(cpu: Cpu, at: number, size: number): bigint {
  const { view } = cpu;
  if (size === 8) return view.getBigUint64(at, true);
  if (size === 4) return BigInt(view.getUint32(at, true));
  return BigInt(size === 2 ? view.getUint16(at, true) : view.getUint8(at));
}
