/** Guest-physical ranges that devices answer. An access nobody claims reads all ones and writes into nothing. */
import { DomainError } from "./errors.ts";
import type { HvmVcpu } from "./vcpu.ts";

export interface MmioHandler {
  readonly name: string;
  /** `offset` from the start of the range; `size` 1 to 16, as the instruction has it. Fewer bytes than asked read as ones. */
  read(offset: number, size: number, vcpu: HvmVcpu): Uint8Array;
  write(offset: number, bytes: Uint8Array, vcpu: HvmVcpu): void;
}

interface Range {
  readonly base: number;
  readonly end: number;
  readonly handler: MmioHandler;
}

export class MmioMap {
  #ranges: readonly Range[] = [];

  /** Returns the function that removes it. Throws `EEXIST` on overlap. */
  register(base: number, size: number, handler: MmioHandler): () => void {
    const range = { base, end: base + size, handler };
    if (!Number.isSafeInteger(base) || !Number.isSafeInteger(size) || base < 0 || size < 1) {
      throw new DomainError("EINVAL", `MMIO range "${handler.name}" has base ${base} and size ${size}`);
    }
    const other = this.#ranges.find((candidate) => candidate.base < range.end && base < candidate.end);
    if (other !== undefined) {
      throw new DomainError("EEXIST", `MMIO range "${handler.name}" overlaps "${other.handler.name}"`);
    }
    this.#ranges = [...this.#ranges, range];
    return () => {
      this.#ranges = this.#ranges.filter((candidate) => candidate !== range);
    };
  }

  read(gpa: number, size: number, vcpu: HvmVcpu): Uint8Array {
    const bytes = new Uint8Array(size).fill(0xff);
    const range = this.#find(gpa);
    if (range !== undefined) bytes.set(range.handler.read(gpa - range.base, size, vcpu).subarray(0, size));
    return bytes;
  }

  write(gpa: number, bytes: Uint8Array, vcpu: HvmVcpu): void {
    const range = this.#find(gpa);
    range?.handler.write(gpa - range.base, bytes, vcpu);
  }

  #find(gpa: number): Range | undefined {
    return this.#ranges.find(({ base, end }) => gpa >= base && gpa < end);
  }
}
