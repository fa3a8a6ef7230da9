/**
 * The x87 register file: TOP, tags and the frame of one instruction (pending check, pointers, exceptions).
 *
 * The tag word in the state only tells empty (3) from in use (0); FNSTENV works out the rest.
 * Source: Intel SDM vol. 1 §8.1 (registers), §8.4, §8.5 (exceptions).
 */
import {
  Condition,
  createFloatContext,
  type F80,
  type FloatContext,
  FloatFlag,
  loadControlWord,
  readF80,
  writeF80,
} from "x86-softfloat";
import type { Cpu } from "../../cpu.ts";
import { HelperStatus } from "../../helper.ts";
import { SegmentIndex, segmentSelectorOffset } from "../../segment.ts";
import { StateOffset } from "../../state-layout.ts";
import { checkPending, FSW_ES } from "./pending.ts";

/** Status word: stack fault, busy (a copy of ES since the 387). */
export const FSW_SF = 0x0040;
export const FSW_B = 0x8000;
const ALL_CONDITIONS = Condition.C0 | Condition.C1 | Condition.C2 | Condition.C3;

/** Exceptions found before the operation: unmasked, they leave everything as it was. */
export const BEFORE = FloatFlag.IE | FloatFlag.DE | FloatFlag.ZE;

/** Scratch of one call: `begin` fills it. */
const context = createFloatContext();

export const topOf = (cpu: Cpu): number => (cpu.get16(StateOffset.fsw) >>> 11) & 7;

export function setTop(cpu: Cpu, top: number): void {
  cpu.set16(StateOffset.fsw, (cpu.get16(StateOffset.fsw) & ~0x3800) | ((top & 7) << 11));
}

/** Byte offset of ST(i). */
export const stackOffset = (cpu: Cpu, i: number): number => cpu.base + StateOffset.x87 + ((topOf(cpu) + i) & 7) * 16;

export function isEmpty(cpu: Cpu, i: number): boolean {
  return ((cpu.get16(StateOffset.ftw) >>> (((topOf(cpu) + i) & 7) * 2)) & 3) === 3;
}

function setTag(cpu: Cpu, i: number, tag: 0 | 3): void {
  const shift = ((topOf(cpu) + i) & 7) * 2;
  cpu.set16(StateOffset.ftw, (cpu.get16(StateOffset.ftw) & ~(3 << shift)) | (tag << shift));
}

export function readStack(cpu: Cpu, i: number, out: F80): void {
  readF80(out, cpu.view, stackOffset(cpu, i));
}

/** Writes ST(i), which is then in use. */
export function writeStack(cpu: Cpu, i: number, value: F80): void {
  writeF80(value, cpu.view, stackOffset(cpu, i));
  setTag(cpu, i, 0);
}

export function free(cpu: Cpu, i: number): void {
  setTag(cpu, i, 3);
}

export function pop(cpu: Cpu): void {
  setTag(cpu, 0, 3);
  setTop(cpu, topOf(cpu) + 1);
}

export function push(cpu: Cpu, value: F80): void {
  setTop(cpu, topOf(cpu) - 1);
  writeStack(cpu, 0, value);
}

/** The QNaN that masked invalid operations deliver. */
export function setIndefinite(out: F80): void {
  out.signExponent = 0xffff;
  out.high = 0xc000_0000;
  out.low = 0;
}

/** Raises the stack fault; C1 tells overflow from underflow. True if it is masked, and the indefinite takes the result's place. */
export function stackFault(cpu: Cpu, ctx: FloatContext, overflow: boolean): boolean {
  cpu.set16(StateOffset.fsw, cpu.get16(StateOffset.fsw) | FSW_SF);
  ctx.flags |= FloatFlag.IE;
  ctx.conditions = overflow ? Condition.C1 : 0;
  return (ctx.masks & FloatFlag.IE) !== 0;
}

/** May the destination be written? Not if an unmasked IE, DE or ZE came up. */
export function mayWrite(ctx: FloatContext): boolean {
  return (ctx.flags & ~ctx.masks & BEFORE) === 0;
}

/** The context of a waiting, non-control instruction; undefined when #MF was raised. Pair with {@link finish}. */
export function begin(cpu: Cpu): FloatContext | undefined {
  if (checkPending(cpu) !== HelperStatus.Continue) return undefined;
  recordInstruction(cpu);
  loadControlWord(context, cpu.get16(StateOffset.fcw));
  return context;
}

function recordInstruction(cpu: Cpu): void {
  cpu.u64[(cpu.base + StateOffset.fip) >>> 3] = cpu.u64[(cpu.base + StateOffset.rip) >>> 3]!;
  cpu.set16(StateOffset.fcs, cpu.get16(segmentSelectorOffset(SegmentIndex.CS)));
}

/** Records the memory operand: its offset, from the slot `ea`, and its segment (0–5). */
export function recordOperand(cpu: Cpu, ea: number, segment: number): void {
  cpu.u64[(cpu.base + StateOffset.fdp) >>> 3] = cpu.u64[ea >>> 3]!;
  cpu.set16(StateOffset.fds, cpu.get16(segmentSelectorOffset(segment)));
}

/** Commits exceptions and the condition bits that the instruction defines. x87 exceptions wait: the answer is Continue. */
export function finish(cpu: Cpu, ctx: FloatContext, conditions: number = Condition.C1): HelperStatus {
  const defined = conditions & ALL_CONDITIONS;
  let fsw = (cpu.get16(StateOffset.fsw) & ~defined) | (ctx.conditions & defined) | ctx.flags;
  if ((ctx.flags & ~ctx.masks) !== 0) {
    fsw |= FSW_ES | FSW_B;
    recordOpcode(cpu);
  }
  cpu.set16(StateOffset.fsw, fsw);
  return HelperStatus.Continue;
}

/** The last opcode is kept only for unmasked exceptions (SDM vol. 1 §8.1.9.1): the bytes are fetched again then. */
function recordOpcode(cpu: Cpu): void {
  const bytes = new Uint8Array(16);
  const have = cpu.fetchInstruction(bytes, 0);
  if (have < 0) {
    cpu.pendingVector = -1;
    return;
  }
  let at = 0;
  while (at + 1 < have && (bytes[at]! & 0xf8) !== 0xd8) at++;
  if (at + 1 < have) cpu.set16(StateOffset.fop, ((bytes[at]! & 7) << 8) | bytes[at + 1]!);
}

/** Sets or clears ES and B by what is flagged and not masked: after FLDCW, FLDENV and the like. */
export function updateSummary(cpu: Cpu): void {
  const fsw = cpu.get16(StateOffset.fsw);
  const pending = (fsw & ~cpu.get16(StateOffset.fcw) & 0x3f) !== 0;
  cpu.set16(StateOffset.fsw, pending ? fsw | FSW_ES | FSW_B : fsw & ~(FSW_ES | FSW_B));
}
