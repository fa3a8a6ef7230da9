import type { IoDirection, IoSize, StringMemory } from "portio-bus";
import type { ByteTransfer } from "./message-handler.ts";
import { type BackdoorRegisters, Register } from "./registers.ts";

/** A REP INSB/OUTSB on port 0x5659 that did not come over the bus: from the #GP path, or from a hypercall. */
export interface HighBandwidthRequest {
  readonly direction: IoDirection;
  readonly size: IoSize;
  /** Without REP one element is transferred and RCX is left alone. */
  readonly rep: boolean;
  /** Width in which RCX, RSI and RDI are read and advanced. */
  readonly addressBits: 16 | 32 | 64;
  readonly df: boolean;
  /** The string in transfer order; its owner applies segment base, direction and address size. */
  readonly memory: StringMemory;
  readonly registers: BackdoorRegisters;
}

/** {@link ByteTransfer} over the bus's element-wise memory. Remembers which element faulted. */
export class StringTransfer implements ByteTransfer {
  readonly length: number;
  faultIndex = -1;
  readonly #memory: StringMemory;

  constructor(length: number, memory: StringMemory) {
    this.length = length;
    this.#memory = memory;
  }

  read(): Uint8Array | undefined {
    const whole = this.#memory.readBytes?.(this.length);
    if (typeof whole === "number") this.faultIndex = whole;
    if (whole !== undefined) return typeof whole === "number" ? undefined : whole;
    const bytes = new Uint8Array(this.length);
    for (let i = 0; i < bytes.length; i++) {
      const byte = this.#memory.read(i);
      if (byte === undefined) {
        this.faultIndex = i;
        return undefined;
      }
      bytes[i] = byte;
    }
    return bytes;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#memory.writeBytes !== undefined) {
      this.faultIndex = this.#memory.writeBytes(bytes);
      return this.faultIndex < 0;
    }
    for (let i = 0; i < bytes.length; i++) {
      if (this.#memory.canWrite(i)) continue;
      this.faultIndex = i;
      return false;
    }
    for (let i = 0; i < bytes.length; i++) this.#memory.write(i, bytes[i] as number);
    return true;
  }
}

/** Elements a string instruction asks for; a count of 2^53 or more stays just below, nothing so long is ever transferred. */
export function stringCount({ rep, addressBits, registers }: HighBandwidthRequest): number {
  if (!rep) return 1;
  if (addressBits === 16) return registers.readRegister32(Register.Ecx) & 0xffff;
  if (addressBits === 32) return registers.readRegister32(Register.Ecx) >>> 0;
  const count = BigInt.asUintN(64, registers.readRegister64(Register.Ecx));
  return count > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(count);
}

/** Leaves RCX and RSI or RDI as the completed instruction does. */
export function completeString(request: HighBandwidthRequest): void {
  const { direction, size, rep, addressBits, df, registers } = request;
  const bits = BigInt(addressBits);
  const count = rep ? BigInt.asUintN(addressBits, registers.readRegister64(Register.Ecx)) : 1n;
  const step = df ? -BigInt(size) : BigInt(size);
  const advance = (index: number, to: (value: bigint) => bigint): void => {
    const old = registers.readRegister64(index);
    const value = BigInt.asUintN(addressBits, to(old));
    // A 16-bit address size changes the low word only; a 32-bit one clears the upper half, as every 32-bit write does.
    registers.writeRegister64(index, addressBits === 16 ? ((old >> bits) << bits) | value : value);
  };
  advance(direction === "in" ? Register.Edi : Register.Esi, (value) => value + step * count);
  if (rep) advance(Register.Ecx, () => 0n);
}
