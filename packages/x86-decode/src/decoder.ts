import { decodeInstruction } from "./decode.ts";
import { DecodeError, Instruction } from "./instruction.ts";

export interface DecodeSettings {
  /** Of the code segment; default 64. */
  readonly bitness?: 16 | 32 | 64;
  /** Address of the first byte; default 0. */
  readonly ip?: bigint;
  /** `DecodeOption` bits; default 0. */
  readonly options?: number;
}

/**
 * Walks a buffer. `next(into)` refills a record; iterating gives a new record for each instruction.
 * An invalid encoding counts as one byte, so that a walk over data goes on.
 */
export class Decoder implements Iterable<Instruction> {
  readonly bytes: Uint8Array;
  readonly bitness: 16 | 32 | 64;
  readonly options: number;
  /** Offset of the next instruction. */
  position = 0;
  readonly #origin: bigint;

  constructor(bytes: Uint8Array, settings: DecodeSettings = {}) {
    const { bitness = 64, ip = 0n, options = 0 } = settings;
    if (bitness !== 16 && bitness !== 32 && bitness !== 64)
      throw new RangeError(`bitness is 16, 32 or 64, not ${String(bitness)}`);
    this.bytes = bytes;
    this.bitness = bitness;
    this.options = options;
    this.#origin = ip;
  }

  /** Address of the next instruction. */
  get ip(): bigint {
    return BigInt.asUintN(64, this.#origin + BigInt(this.position));
  }

  /** Bytes are left. */
  get more(): boolean {
    return this.position < this.bytes.length;
  }

  /** Decodes the next instruction into `into` and moves on; false at the end of the bytes. */
  next(into: Instruction): boolean {
    if (!this.more) return false;
    const ip = this.ip;
    const length = decodeInstruction(
      this.bytes,
      this.position,
      this.bytes.length,
      this.bitness,
      Number(BigInt.asIntN(32, ip)),
      Number(BigInt.asIntN(32, ip >> 32n)),
      into,
      this.options,
    );
    this.position += into.error === DecodeError.None ? length : 1;
    return true;
  }

  *[Symbol.iterator](): IterableIterator<Instruction> {
    for (;;) {
      const instruction = new Instruction();
      if (!this.next(instruction)) return;
      yield instruction;
    }
  }
}

/** All instructions of `bytes`, an object each. */
export function decode(bytes: Uint8Array, settings: DecodeSettings = {}): Instruction[] {
  return [...new Decoder(bytes, settings)];
}
