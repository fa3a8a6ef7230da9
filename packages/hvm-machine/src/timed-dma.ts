/**
 * Guest memory as the devices of this board see it: what they move takes time. So a guest cannot have more copied in a span of its own time than
 * a bus could, and a budget of instructions bounds the host's work too.
 */
import type { GuestMemory } from "guest-memory";
import type { DmaMemory } from "pc-devices";

/** Bytes in the time of one instruction: eight gigabytes a second. */
const BYTES_PER_TICK = 8;

export function timedDma(memory: GuestMemory, spend: (ticks: number) => void): DmaMemory {
  const moved = (bytes: number): void => spend(Math.ceil(bytes / BYTES_PER_TICK));
  return {
    read(gpa, length) {
      const bytes = memory.read(gpa, length);
      moved(bytes?.length ?? 1);
      return bytes;
    },
    write(gpa, bytes) {
      moved(bytes.length);
      return memory.write(gpa, bytes);
    },
    readU16(gpa) {
      moved(2);
      return memory.readU16(gpa);
    },
    readU32(gpa) {
      moved(4);
      return memory.readU32(gpa);
    },
    writeU16(gpa, value) {
      moved(2);
      return memory.writeU16(gpa, value);
    },
    writeU32(gpa, value) {
      moved(4);
      return memory.writeU32(gpa, value);
    },
  };
}
