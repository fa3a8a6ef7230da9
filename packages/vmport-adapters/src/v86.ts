/**
 * VMware's backdoor as a device of v86 (npm `v86`), instead of the few commands it has of its own.
 *
 * Sources: v86 `src/io.js` (port handlers by width), `src/cpu.js` (`reg32` in x86's order, `cpl`), seen in 0.5.462.
 */
import { IoResult } from "portio-bus";
import { type Backdoor, BDOORHB_PORT } from "vmport-backdoor";
import { ByteTransfers } from "./byte-transfers.ts";
import { RegisterFile } from "./register-file.ts";

type ReadPort = () => number;
type WritePort = (value: number) => void;

/** What is needed of v86's processor: `emulator.v86.cpu`, once the event `emulator-loaded` has come. */
export interface V86Cpu {
  readonly io: {
    register_read(port: number, device: object, read8?: ReadPort, read16?: ReadPort, read32?: ReadPort): void;
    register_write(port: number, device: object, write8?: WritePort, write16?: WritePort, write32?: WritePort): void;
  };
  /** EAX ECX EDX EBX ESP EBP ESI EDI, 32 bits each. */
  readonly reg32: V86Field;
  /** One byte. */
  readonly cpl: V86Field;
  /** 32 bits, a linear address. */
  readonly instruction_pointer: V86Field;
}

/** A field of v86's state in its WebAssembly memory. */
export interface V86Field {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
}

/**
 * v86 gives its fields as proxies that make a typed array at each access. This one makes it once, and again when the memory has
 * grown, which empties the old one.
 */
class Field<T extends Int32Array | Uint8Array> {
  readonly #find: () => T;
  #view: T;

  constructor(find: () => T) {
    this.#find = find;
    this.#view = find();
  }

  get view(): T {
    if (this.#view.length === 0) this.#view = this.#find();
    return this.#view;
  }
}

/**
 * Claims the personality's ports and, for high bandwidth, 0x5659. v86 replaces the handlers there were, its own on 0x5658 included.
 * To be called again after `restart()`, which puts v86's own devices back.
 */
export function attachToV86(cpu: V86Cpu, backdoor: Backdoor): void {
  const reg32 = new Field(() => new Int32Array(cpu.reg32.buffer, cpu.reg32.byteOffset, 8));
  const cpl = new Field(() => new Uint8Array(cpu.cpl.buffer, cpu.cpl.byteOffset, 1));
  const rip = new Field(() => new Int32Array(cpu.instruction_pointer.buffer, cpu.instruction_pointer.byteOffset, 1));
  const registers = new RegisterFile(
    { get: (index) => reg32.view[index] ?? 0, set: (index, value) => void (reg32.view[index] = value) },
    () => cpl.view[0] ?? 0,
    () => BigInt((rip.view[0] ?? 0) >>> 0),
  );
  const transfers = new ByteTransfers(backdoor, registers);
  const device = { name: "vmport" };

  const read = (port: number, size: 1 | 2 | 4): number => {
    transfers.abandon();
    const mask = size === 4 ? 0xffff_ffff : 2 ** (8 * size) - 1;
    if (backdoor.access("in", port, size, registers) !== IoResult.Okay) return size === 4 ? -1 : mask;
    const value = registers.readRegister32(0);
    return size === 4 ? value | 0 : value & mask;
  };
  const write = (port: number, size: 1 | 2 | 4): void => {
    transfers.abandon();
    backdoor.access("out", port, size, registers);
  };
  for (const { base, size } of backdoor.ports)
    for (let port = base; port < base + size; port++) {
      const high = port === BDOORHB_PORT && backdoor.personality.highBandwidth;
      cpu.io.register_read(
        port,
        device,
        high ? () => transfers.read() : () => read(port, 1),
        () => read(port, 2),
        () => read(port, 4),
      );
      cpu.io.register_write(
        port,
        device,
        high ? (value) => transfers.write(value & 0xff) : () => write(port, 1),
        () => write(port, 2),
        () => write(port, 4),
      );
    }
}
