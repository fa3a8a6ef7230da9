import type { BackdoorRegisters } from "vmport-backdoor";

/** Where a 32-bit emulator keeps its registers: by x86's numbers, 0 EAX to 7 EDI. */
export interface RegisterStore {
  get(index: number): number;
  set(index: number, value: number): void;
}

/** The backdoor's view of such a store. The upper halves of 64-bit registers read as zero and go nowhere. */
export class RegisterFile implements BackdoorRegisters {
  readonly #store: RegisterStore;
  readonly #cpl: () => number;
  readonly #rip: () => bigint;

  constructor(store: RegisterStore, cpl: () => number, rip: () => bigint = () => 0n) {
    this.#store = store;
    this.#cpl = cpl;
    this.#rip = rip;
  }

  get cpl(): number {
    return this.#cpl();
  }

  get rip(): bigint {
    return this.#rip();
  }

  readRegister32(index: number): number {
    return this.#store.get(index) >>> 0;
  }

  writeRegister32(index: number, value: number): void {
    this.#store.set(index, value >>> 0);
  }

  readRegister64(index: number): bigint {
    return BigInt(this.readRegister32(index));
  }

  writeRegister64(index: number, value: bigint): void {
    this.#store.set(index, Number(BigInt.asUintN(32, value)));
  }
}
