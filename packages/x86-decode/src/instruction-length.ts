import { decodeInstruction } from "./decode.ts";
import { DecodeError, type Instruction } from "./instruction.ts";

/**
 * Length of the instruction at `bytes[offset]`, or 0 if there is no valid one before `end`. `scratch` is overwritten;
 * callers that walk code keep one.
 */
export function instructionLength(
  bytes: Uint8Array,
  offset: number,
  end: number,
  bitness: 16 | 32 | 64,
  scratch: Instruction,
  options = 0,
): number {
  const length = decodeInstruction(bytes, offset, end, bitness, 0, 0, scratch, options);
  return scratch.error === DecodeError.None ? length : 0;
}
