/**
 * Descriptors of GDT and LDT: what set_thread_area and modify_ldt write, and what a selector in a signal frame stands for.
 *
 * Sources: SDM vol. 3 §3.4.5 and figure 3-8; Linux arch/x86/include/uapi/asm/ldt.h (struct user_desc).
 */

/** One segment register with its hidden part, as ProcessVcpu takes it. */
export interface Segment {
  readonly selector: number;
  readonly base: bigint;
  readonly limit: number;
  /** The VMCS's access rights; unusable is bit 16. */
  readonly attributes: number;
}

const UNUSABLE = 1 << 16;
const GRANULARITY = 1 << 15;

/** Bytes of struct user_desc: entry_number, base_addr, limit and a word of bit fields, 32 bits each. */
export const USER_DESC_BYTES = 16;

export interface UserDescriptor {
  readonly entry: number;
  readonly base: number;
  /** In bytes, or in pages of 4 KiB with `inPages`. */
  readonly limit: number;
  readonly big: boolean;
  /** 0 data, 1 data that expands down, 2 code, 3 conforming code. */
  readonly contents: number;
  readonly readExecOnly: boolean;
  readonly inPages: boolean;
  readonly notPresent: boolean;
  readonly available: boolean;
}

export function readUserDescriptor(bytes: Uint8Array<ArrayBuffer>): UserDescriptor {
  const view = new DataView(bytes.buffer);
  const flags = view.getUint32(12, true);
  return {
    entry: view.getUint32(0, true),
    base: view.getUint32(4, true),
    limit: view.getUint32(8, true),
    big: (flags & 1) !== 0,
    contents: (flags >> 1) & 3,
    readExecOnly: (flags & 8) !== 0,
    inPages: (flags & 0x10) !== 0,
    notPresent: (flags & 0x20) !== 0,
    available: (flags & 0x40) !== 0,
  };
}

/** Nothing in it, or what a cleared entry reads back as: both clear an entry (Linux LDT_empty, LDT_zero). */
export function isEmptyDescriptor(descriptor: UserDescriptor): boolean {
  const { base, limit, contents, big, inPages, available, readExecOnly, notPresent } = descriptor;
  return base === 0 && limit === 0 && contents === 0 && !big && !inPages && !available && readExecOnly === notPresent;
}

/** The eight bytes: accessed, DPL 3, code or data, never long. */
export function encodeDescriptor(descriptor: UserDescriptor): bigint {
  const { base, limit, contents, big, inPages, available, readExecOnly, notPresent } = descriptor;
  const access = 1 | (readExecOnly ? 0 : 2) | (contents << 2) | 0x10 | 0x60 | (notPresent ? 0 : 0x80);
  const flags = (available ? 1 : 0) | (big ? 4 : 0) | (inPages ? 8 : 0);
  return (
    BigInt(limit & 0xffff) |
    (BigInt(base & 0xff_ffff) << 16n) |
    (BigInt(access) << 40n) |
    (BigInt((limit >> 16) & 0xf) << 48n) |
    (BigInt(flags) << 52n) |
    (BigInt(base >>> 24) << 56n)
  );
}

/** The word of bit fields of struct user_desc for get_thread_area, and base and limit. */
export function encodeUserDescriptor(entry: number, descriptor: bigint): Uint8Array {
  const { base, limit } = descriptorParts(descriptor);
  const access = Number((descriptor >> 40n) & 0xffn);
  const flags = Number((descriptor >> 52n) & 0xfn);
  const bytes = new Uint8Array(USER_DESC_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, entry, true);
  view.setUint32(4, base, true);
  view.setUint32(8, limit, true);
  view.setUint32(
    12,
    ((flags >> 2) & 1) |
      (((access >> 2) & 3) << 1) |
      (access & 2 ? 0 : 8) |
      (flags & 8 ? 0x10 : 0) |
      (access & 0x80 ? 0 : 0x20) |
      (flags & 1 ? 0x40 : 0),
    true,
  );
  return bytes;
}

const descriptorParts = (descriptor: bigint): { base: number; limit: number } => ({
  base: Number(((descriptor >> 16n) & 0xff_ffffn) | (((descriptor >> 56n) & 0xffn) << 24n)),
  limit: Number((descriptor & 0xffffn) | (((descriptor >> 48n) & 0xfn) << 16n)),
});

/** Which register a selector is for: the processor's checks differ. */
export type SegmentUse = "code" | "stack" | "data";

/** What a register holds after a load of `selector`; undefined where ring 3 could not load it (SDM vol. 2, MOV and RET). */
export function loadableSegment(
  selector: number,
  descriptor: bigint | undefined,
  use: SegmentUse,
): Segment | undefined {
  if (selector < 4) return use === "data" ? { selector, base: 0n, limit: 0, attributes: UNUSABLE } : undefined;
  if (descriptor === undefined) return undefined;
  const attributes = Number((descriptor >> 40n) & 0xf0ffn);
  const [isCode, readableOrWritable] = [(attributes & 8) !== 0, (attributes & 2) !== 0];
  const suits =
    use === "code" ? isCode : use === "stack" ? !isCode && readableOrWritable : !isCode || readableOrWritable;
  // Present, code or data, DPL 3.
  if (!suits || (attributes & 0xf0) !== 0xf0 || (use !== "data" && (selector & 3) !== 3)) return undefined;
  const { base, limit } = descriptorParts(descriptor);
  return {
    selector,
    base: BigInt(base),
    limit: attributes & GRANULARITY ? ((limit << 12) | 0xfff) >>> 0 : limit,
    attributes,
  };
}
