/** What a loader makes of an image: bytes for guest-physical memory and the processor's state at the first instruction. */
export interface GuestImage {
  readonly format: ImageFormat;
  readonly segments: readonly ImageSegment[];
  readonly entry: EntryState;
  /** First byte above everything loaded: the least memory the guest needs, in bytes. */
  readonly requiredMemory: number;
}

export type ImageFormat = "boot-sector" | "flat" | "multiboot" | "elf" | "pvh" | "hvm-loader" | "bzimage";

export interface ImageSegment {
  /** What it is, for error texts and listings. */
  readonly name: string;
  /** Guest-physical address. */
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Bytes in memory, at least `bytes.length`; the rest is zero. */
  readonly memorySize: number;
}

/** One segment register as the entry sets it. `attributes` has the VMCS access-rights layout (SDM vol. 3 §25.4.1). */
export interface EntrySegment {
  readonly selector: number;
  readonly base: bigint;
  readonly limit: number;
  readonly attributes: number;
}

/** Bytes beside the kernel, as multiboot and PVH hand them over. */
export interface BootModule {
  readonly bytes: Uint8Array;
  readonly commandLine: string;
}

export type EntryMode = "real" | "protected" | "long";

/** Everything that differs from the processor's state after reset. */
export interface EntryState {
  readonly mode: EntryMode;
  readonly rip: bigint;
  readonly rflags: bigint;
  /** By encoding number: 0 RAX, 1 RCX, 2 RDX, 3 RBX, 4 RSP, 5 RBP, 6 RSI, 7 RDI. Absent ones are zero. */
  readonly registers: Readonly<Partial<Record<number, bigint>>>;
  readonly cr0: bigint;
  readonly cr3: bigint;
  readonly cr4: bigint;
  /** Without LMA, which paging turns on. */
  readonly efer: bigint;
  readonly code: EntrySegment;
  /** SS, DS, ES, FS and GS alike. */
  readonly data: EntrySegment;
  readonly gdt: { readonly base: bigint; readonly limit: number };
}

/** What is wrong with an image, in one word that programs can test. */
export type ImageErrorCode =
  | "unknown-format"
  | "truncated"
  | "malformed"
  | "unsupported"
  | "wrong-architecture"
  | "too-large"
  | "no-memory";

/** A defect of an image: where, what was expected, what was found. The caller adds the file's name. */
export class ImageError extends Error {
  override readonly name = "ImageError";
  readonly code: ImageErrorCode;
  /** Byte offset in the image, if there is one. */
  readonly offset: number | undefined;

  constructor(code: ImageErrorCode, message: string, offset?: number) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}
