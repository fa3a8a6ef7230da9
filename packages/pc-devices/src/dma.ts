/** How a device reaches the guest's memory: the composer says what is RAM, and everything else is refused. */

export interface DmaMemory {
  /** A copy of `length` bytes; undefined unless all of them are memory. */
  read(gpa: number, length: number): Uint8Array | undefined;
  /** True if all of it was written; otherwise nothing was. */
  write(gpa: number, bytes: Uint8Array): boolean;
  readU16(gpa: number): number | undefined;
  readU32(gpa: number): number | undefined;
  writeU16(gpa: number, value: number): boolean;
  writeU32(gpa: number, value: number): boolean;
}

/** For devices that nobody gave memory. */
export const noMemory: DmaMemory = {
  read: () => undefined,
  write: () => false,
  readU16: () => undefined,
  readU32: () => undefined,
  writeU16: () => false,
  writeU32: () => false,
};
