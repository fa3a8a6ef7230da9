/** What is wrong with an image, in one word that programs can test. */
export type ElfErrorCode = "not-elf" | "truncated" | "unsupported" | "malformed";

/** A defect of an image: says where (byte offset), what was expected and what was found. */
export class ElfError extends Error {
  override readonly name = "ElfError";
  readonly code: ElfErrorCode;
  /** Byte offset in the file. */
  readonly offset: number;

  constructor(code: ElfErrorCode, offset: number, message: string) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}
