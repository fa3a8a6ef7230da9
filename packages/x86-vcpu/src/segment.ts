/**
 * Segment registers as the state block holds them.
 *
 * Attributes are the VMCS access rights (SDM vol. 3, table 26-2) in 16 bits: type 3:0, S 4, DPL 6:5, P 7, AVL 12,
 * L 13, D/B 14, G 15; the unusable bit, 16 in the VMCS, sits in bit 8, which is reserved there.
 */
import { StateOffset } from "./state-layout.ts";

/** Encoding order, then TR and LDTR. */
export const segmentNames = ["es", "cs", "ss", "ds", "fs", "gs", "tr", "ldtr"] as const;
export type SegmentName = (typeof segmentNames)[number];
export const SegmentIndex = { ES: 0, CS: 1, SS: 2, DS: 3, FS: 4, GS: 5, TR: 6, LDTR: 7 } as const;

export const SegmentAttribute = {
  Accessed: 1 << 0,
  /** Data: writable. Code: readable. */
  Writable: 1 << 1,
  Readable: 1 << 1,
  /** Data: expand-down. Code: conforming. */
  ExpandDown: 1 << 2,
  Conforming: 1 << 2,
  Code: 1 << 3,
  /** S: code or data, not system. */
  CodeOrData: 1 << 4,
  Present: 1 << 7,
  Unusable: 1 << 8,
  Available: 1 << 12,
  Long: 1 << 13,
  /** D/B. */
  Big: 1 << 14,
  Granularity: 1 << 15,
} as const;
export const segmentDplShift = 5;

/** One segment register as people outside see it: attributes as the VMCS has them, unusable in bit 16. */
export interface SegmentRegister {
  selector: number;
  base: bigint;
  /** In bytes: the last valid offset (of expand-down segments: the last invalid one). */
  limit: number;
  attributes: number;
}

/** Offset in the state block of a segment's base, by SegmentIndex. */
export const segmentBaseOffset = (index: number): number =>
  index < 6
    ? StateOffset.segmentBase + index * 8
    : index === SegmentIndex.TR
      ? StateOffset.trBase
      : StateOffset.ldtrBase;
export const segmentSelectorOffset = (index: number): number => StateOffset.segment + index * 16;
export const segmentAttributesOffset = (index: number): number => StateOffset.segment + index * 16 + 2;
export const segmentLimitOffset = (index: number): number => StateOffset.segment + index * 16 + 4;
