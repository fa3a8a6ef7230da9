/**
 * Logical to linear addresses (SDM vol. 3 §3.4, §6.3–6.5): type, null, limit and canonical checks.
 */
import { MemoryFlag, Vector } from "x86-lift";
import { Cr4 } from "../control-bits.ts";
import type { Cpu } from "../cpu.ts";
import { HelperStatus } from "../helper.ts";
import { modeKeyHas } from "../mode-key.ts";
import {
  SegmentAttribute,
  SegmentIndex,
  segmentAttributesOffset,
  segmentBaseOffset,
  segmentLimitOffset,
} from "../segment.ts";

/** Are bits 63:47 (with LA57 63:56) all alike? */
export function isCanonical(cpu: Cpu, high: number): boolean {
  return (cpu.cr4 & Cr4.LA57) !== 0 ? (high << 7) >> 7 === (high | 0) : (high << 16) >> 16 === (high | 0);
}

const stackOrGeneral = (segment: number): number => (segment === SegmentIndex.SS ? Vector.SS : Vector.GP);

export function segmentedToLinear(
  cpu: Cpu,
  segment: number,
  low: number,
  high: number,
  bytes: number,
  flags: number,
  write: boolean,
): HelperStatus {
  if (cpu.code64) {
    let linearLow = low | 0;
    let linearHigh = high | 0;
    if (segment >= SegmentIndex.FS) {
      const at = (cpu.base + segmentBaseOffset(segment)) >>> 2;
      const sum = (low >>> 0) + cpu.u32[at]!;
      linearLow = sum | 0;
      linearHigh = (high + cpu.u32[at + 1]! + (sum > 0xffff_ffff ? 1 : 0)) | 0;
    }
    const end = (linearLow >>> 0) + bytes - 1;
    const endHigh = end > 0xffff_ffff ? (linearHigh + 1) | 0 : linearHigh;
    if (!isCanonical(cpu, linearHigh) || !isCanonical(cpu, endHigh)) return cpu.raise(stackOrGeneral(segment), 0);
    cpu.linearLow = linearLow;
    cpu.linearHigh = linearHigh;
    return flags === 0 && !modeKeyHas(cpu.modeKey, "alignmentCheck")
      ? HelperStatus.Continue
      : checkAlignment(cpu, bytes, flags);
  }

  const offset = low >>> 0;
  const attributes = cpu.get16(segmentAttributesOffset(segment));
  const limit = cpu.get32(segmentLimitOffset(segment));
  const last = offset + bytes - 1;
  const plainMode = !cpu.protectedMode || cpu.virtual8086;
  if (!plainMode) {
    const write_ = write || (flags & MemoryFlag.ForWrite) !== 0;
    if ((attributes & (SegmentAttribute.Unusable | SegmentAttribute.Present)) !== SegmentAttribute.Present) {
      return cpu.raise(stackOrGeneral(segment), 0);
    }
    if ((attributes & SegmentAttribute.Code) !== 0) {
      if (write_ || (attributes & SegmentAttribute.Readable) === 0) return cpu.raise(stackOrGeneral(segment), 0);
    } else if (write_ && (attributes & SegmentAttribute.Writable) === 0) {
      return cpu.raise(stackOrGeneral(segment), 0);
    }
  }
  const isDown = (attributes & (SegmentAttribute.Code | SegmentAttribute.ExpandDown)) === SegmentAttribute.ExpandDown;
  if (isDown) {
    const top = (attributes & SegmentAttribute.Big) !== 0 ? 0xffff_ffff : 0xffff;
    if (offset <= limit || last > top) return cpu.raise(stackOrGeneral(segment), 0);
  } else if (last > limit) {
    return cpu.raise(stackOrGeneral(segment), 0);
  }
  cpu.linearLow = (offset + cpu.get32(segmentBaseOffset(segment))) | 0;
  cpu.linearHigh = 0;
  return flags === 0 && !modeKeyHas(cpu.modeKey, "alignmentCheck")
    ? HelperStatus.Continue
    : checkAlignment(cpu, bytes, flags);
}

function checkAlignment(cpu: Cpu, bytes: number, flags: number): HelperStatus {
  // FXSAVE, XSAVE and chunks of strings check their own alignment.
  if (bytes > 16 || ((bytes & (bytes - 1)) === 0 && (cpu.linearLow & (bytes - 1)) === 0)) return HelperStatus.Continue;
  if ((flags & MemoryFlag.Aligned) !== 0) return cpu.raise(Vector.GP, 0);
  // SDM vol. 3, table 7-7: a far pointer is aligned to its first part, a 10-byte operand to eight bytes.
  const unit = (bytes & (bytes - 1)) === 0 ? bytes : bytes === 10 ? 8 : bytes & -bytes;
  const misaligned = (cpu.linearLow & (unit - 1)) !== 0;
  const supervisor = (flags & MemoryFlag.Supervisor) !== 0;
  if (misaligned && !supervisor && modeKeyHas(cpu.modeKey, "alignmentCheck")) return cpu.raise(Vector.AC, 0);
  return HelperStatus.Continue;
}
