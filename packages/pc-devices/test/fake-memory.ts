import type { DmaMemory } from "pc-devices";

/** RAM from address zero, and nothing beyond. */
export class FakeMemory implements DmaMemory {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(size = 0x1_0000) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  read(gpa: number, length: number): Uint8Array | undefined {
    return this.#has(gpa, length) ? this.bytes.slice(gpa, gpa + length) : undefined;
  }
  write(gpa: number, bytes: Uint8Array): boolean {
    if (!this.#has(gpa, bytes.length)) return false;
    this.bytes.set(bytes, gpa);
    return true;
  }
  readU16(gpa: number): number | undefined {
    return this.#has(gpa, 2) ? this.view.getUint16(gpa, true) : undefined;
  }
  readU32(gpa: number): number | undefined {
    return this.#has(gpa, 4) ? this.view.getUint32(gpa, true) : undefined;
  }
  writeU16(gpa: number, value: number): boolean {
    if (!this.#has(gpa, 2)) return false;
    this.view.setUint16(gpa, value, true);
    return true;
  }
  writeU32(gpa: number, value: number): boolean {
    if (!this.#has(gpa, 4)) return false;
    this.view.setUint32(gpa, value, true);
    return true;
  }

  #has(gpa: number, length: number): boolean {
    return gpa >= 0 && length >= 0 && gpa + length <= this.bytes.length;
  }
}
