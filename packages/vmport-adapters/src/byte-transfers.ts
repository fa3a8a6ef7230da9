/**
 * REP INSB and REP OUTSB on 0x5659 for emulators that call the port once per byte. The bytes are gathered, and the backdoor
 * sees one transfer; EBX gets its status when the last byte has gone by.
 */
import { IoResult } from "portio-bus";
import {
  type Backdoor,
  type BackdoorRegisters,
  BDOOR_MAGIC,
  BDOORHB_CMD_MESSAGE,
  BDOORHB_MAX_BYTES,
  BDOORHB_PORT,
  Register,
} from "vmport-backdoor";

interface Pending {
  readonly direction: "in" | "out";
  readonly bytes: Uint8Array;
  done: number;
  /** ECX when the emulator last wrote it back: at the instruction's start, or where it was interrupted. */
  countRegister: number;
}

export class ByteTransfers {
  readonly #backdoor: Backdoor;
  readonly #registers: BackdoorRegisters;
  #pending: Pending | undefined;

  constructor(backdoor: Backdoor, registers: BackdoorRegisters) {
    this.#backdoor = backdoor;
    this.#registers = registers;
  }

  /** Any access to 0x5658: a transfer that was not finished never will be. */
  abandon(): void {
    this.#pending = undefined;
  }

  /** One byte of an INSB; 0xff if it is no backdoor transfer. */
  read(): number {
    const pending = this.#continued("in") ?? this.#begin("in");
    if (pending === undefined) return 0xff;
    const byte = pending.bytes[pending.done++] as number;
    if (pending.done === pending.bytes.length) this.#pending = undefined;
    return byte;
  }

  /** One byte of an OUTSB. */
  write(value: number): void {
    const pending = this.#continued("out") ?? this.#begin("out");
    if (pending === undefined) return;
    pending.bytes[pending.done++] = value;
    if (pending.done < pending.bytes.length) return;
    this.#pending = undefined;
    this.#run("out", pending.bytes);
  }

  #continued(direction: "in" | "out"): Pending | undefined {
    const pending = this.#pending;
    if (pending?.direction !== direction) return undefined;
    const count = this.#registers.readRegister32(Register.Ecx);
    if (count === pending.bytes.length - pending.done) pending.countRegister = count;
    return count === pending.countRegister ? pending : undefined;
  }

  #begin(direction: "in" | "out"): Pending | undefined {
    this.#pending = undefined;
    const registers = this.#registers;
    const [eax, ebx, count] = [Register.Eax, Register.Ebx, Register.Ecx].map((index) =>
      registers.readRegister32(index),
    ) as [number, number, number];
    const { highBandwidth } = this.#backdoor.personality;
    if (!highBandwidth || eax !== BDOOR_MAGIC || (ebx & 0xffff) !== BDOORHB_CMD_MESSAGE || count === 0)
      return undefined;
    if (count > BDOORHB_MAX_BYTES) {
      registers.writeRegister32(Register.Ebx, 0);
      return undefined;
    }
    const bytes = new Uint8Array(count);
    if (direction === "in" && !this.#run("in", bytes)) return undefined;
    this.#pending = { direction, bytes, done: 0, countRegister: count };
    return this.#pending;
  }

  /** The whole transfer. The emulator itself moves the pointer and counts down: of the registers only EBX is written. */
  #run(direction: "in" | "out", bytes: Uint8Array): boolean {
    const registers = this.#registers;
    const { result } = this.#backdoor.highBandwidth({
      direction,
      size: 1,
      rep: true,
      addressBits: 32,
      df: false,
      memory: {
        canWrite: () => true,
        write: (index, value) => void (bytes[index] = value),
        read: (index) => bytes[index],
      },
      registers: {
        get cpl() {
          return registers.cpl;
        },
        readRegister32: (index) =>
          index === Register.Ecx
            ? bytes.length
            : index === Register.Edx
              ? ((registers.readRegister32(index) & 0xffff_0000) | BDOORHB_PORT) >>> 0
              : registers.readRegister32(index),
        readRegister64: (index) => BigInt(index === Register.Ecx ? bytes.length : registers.readRegister32(index)),
        writeRegister32: (index, value) => {
          if (index === Register.Ebx) registers.writeRegister32(index, value);
        },
        writeRegister64: () => {},
      },
    });
    return result === IoResult.Okay;
  }
}
