import { type BackdoorRegisters, Register } from "./registers.ts";

/**
 * The low halves of the registers of one call, as plain numbers. A command reads its input here and writes its output over
 * it; what it does not write keeps its value. Reused from call to call. The members may be accessors.
 */
export interface BackdoorFrame {
  eax: number;
  ebx: number;
  ecx: number;
  edx: number;
  esi: number;
  edi: number;
  /** Input only: the high-bandwidth port carries half of the cookie here. */
  ebp: number;
  /** Privilege of the caller. */
  cpl: number;
}

/** Registers a command may write. */
export type FrameRegister = "eax" | "ebx" | "ecx" | "edx" | "esi" | "edi";

/** A copy of the six registers, for events. */
export type FrameSnapshot = Readonly<Record<FrameRegister, number>>;

export const createFrame = (): BackdoorFrame => ({
  eax: 0,
  ebx: 0,
  ecx: 0,
  edx: 0,
  esi: 0,
  edi: 0,
  ebp: 0,
  cpl: 0,
});

/** x86 numbers of the registers a command may write, EAX left out: the instruction decides what becomes of it. */
const outputIndex: Readonly<Record<Exclude<FrameRegister, "eax">, number>> = {
  ebx: Register.Ebx,
  ecx: Register.Ecx,
  edx: Register.Edx,
  esi: Register.Esi,
  edi: Register.Edi,
};

const outputNames = ["ebx", "ecx", "edx", "esi", "edi"] as const;

/** One bit for each register that a command declares, by x86 number: what {@link RegisterFrame.store} takes. */
export function outputBits(outputs: readonly FrameRegister[]): number {
  return outputs.reduce((bits, name) => (name === "eax" ? bits : bits | (1 << outputIndex[name])), 0);
}

/** Of `currentCpl`: nobody has asked yet. */
const UNKNOWN = -1;

/**
 * The frame over the registers of whoever calls: what is read comes from them, what is written waits here until it is stored, so that a command
 * can neither leave half an answer nor reach a register that it does not declare. Notes what was assigned, even with the value it had: hosts
 * that write whole registers clear bits 63:32 of those and of no others.
 *
 * V8 makes one piece of code of a call and all that it comes by, up to so many bytes of bytecode: therefore numbers in place of names (x86
 * register n is bit n of `assigned`, its low half lies at 2n of `words`) and no private names. Values wait as signed words, which lie in the
 * object itself; numbers above 2^31 would lie in boxes.
 */
export class RegisterFrame implements BackdoorFrame {
  ebp = 0;
  private waitingEax = 0;
  private waitingEcx = 0;
  private waitingEdx = 0;
  private waitingEbx = 0;
  private waitingEsi = 0;
  private waitingEdi = 0;
  private assigned = 0;
  private currentCpl = UNKNOWN;
  private registers: BackdoorRegisters | undefined = undefined;
  /** Of registers that show no words. */
  private readonly copies = new Uint32Array(16);
  /** Of the registers as they are; not what waits. */
  words: Uint32Array = this.copies;

  get eax(): number {
    return (this.assigned & 0x01 ? this.waitingEax : (this.words[0] as number)) >>> 0;
  }
  set eax(value: number) {
    this.waitingEax = value | 0;
    this.assigned |= 0x01;
  }
  get ecx(): number {
    return (this.assigned & 0x02 ? this.waitingEcx : (this.words[2] as number)) >>> 0;
  }
  set ecx(value: number) {
    this.waitingEcx = value | 0;
    this.assigned |= 0x02;
  }
  get edx(): number {
    return (this.assigned & 0x04 ? this.waitingEdx : (this.words[4] as number)) >>> 0;
  }
  set edx(value: number) {
    this.waitingEdx = value | 0;
    this.assigned |= 0x04;
  }
  get ebx(): number {
    return (this.assigned & 0x08 ? this.waitingEbx : (this.words[6] as number)) >>> 0;
  }
  set ebx(value: number) {
    this.waitingEbx = value | 0;
    this.assigned |= 0x08;
  }
  get esi(): number {
    return (this.assigned & 0x40 ? this.waitingEsi : (this.words[12] as number)) >>> 0;
  }
  set esi(value: number) {
    this.waitingEsi = value | 0;
    this.assigned |= 0x40;
  }
  get edi(): number {
    return (this.assigned & 0x80 ? this.waitingEdi : (this.words[14] as number)) >>> 0;
  }
  set edi(value: number) {
    this.waitingEdi = value | 0;
    this.assigned |= 0x80;
  }

  get cpl(): number {
    if (this.currentCpl === UNKNOWN) this.currentCpl = this.registers?.cpl ?? 0;
    return this.currentCpl;
  }
  set cpl(value: number) {
    this.currentCpl = value;
  }

  /** A new call of whoever has these registers; their words. */
  begin(registers: BackdoorRegisters): Uint32Array {
    const words = registers.words ?? this.copy(registers);
    // A look costs less than a store of an object.
    if (this.words !== words) this.words = words;
    if (this.registers !== registers) this.registers = registers;
    this.assigned = 0;
    this.currentCpl = UNKNOWN;
    return words;
  }

  private copy(registers: BackdoorRegisters): Uint32Array {
    const { copies } = this;
    copies[0] = registers.readRegister32(Register.Eax);
    copies[2] = registers.readRegister32(Register.Ecx);
    copies[4] = registers.readRegister32(Register.Edx);
    copies[6] = registers.readRegister32(Register.Ebx);
    copies[12] = registers.readRegister32(Register.Esi);
    copies[14] = registers.readRegister32(Register.Edi);
    return copies;
  }

  /** Writes those assigned registers back that are in `outputs`, EAX left out: bits 31:0 of each, keeping 63:32. */
  store(outputs: number): void {
    const { words } = this;
    const bits = this.assigned & outputs;
    if (words === this.copies && this.registers !== undefined) this.storeByFunction(bits, this.registers);
    if (bits & 0x02) words[2] = this.waitingEcx;
    if (bits & 0x04) words[4] = this.waitingEdx;
    if (bits & 0x08) words[6] = this.waitingEbx;
    if (bits & 0x40) words[12] = this.waitingEsi;
    if (bits & 0x80) words[14] = this.waitingEdi;
  }

  private storeByFunction(bits: number, registers: BackdoorRegisters): void {
    if (bits & 0x02) registers.writeRegister32(Register.Ecx, this.waitingEcx >>> 0);
    if (bits & 0x04) registers.writeRegister32(Register.Edx, this.waitingEdx >>> 0);
    if (bits & 0x08) registers.writeRegister32(Register.Ebx, this.waitingEbx >>> 0);
    if (bits & 0x40) registers.writeRegister32(Register.Esi, this.waitingEsi >>> 0);
    if (bits & 0x80) registers.writeRegister32(Register.Edi, this.waitingEdi >>> 0);
  }

  /** Writes the assigned registers whole, declared or not, EAX left out. */
  storeWhole(): void {
    for (const name of outputNames) {
      const index = outputIndex[name];
      if ((this.assigned & (1 << index)) === 0) continue;
      this.registers?.writeRegister64(index, BigInt(this[name]));
      this.words[2 * index] = this[name];
    }
  }
}
