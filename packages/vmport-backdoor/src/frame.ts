import { type BackdoorRegisters, Register } from "./registers.ts";

/**
 * The low halves of the registers of one call, as plain numbers. A command reads its input here and writes its output over
 * it; what it does not write keeps its value. Reused from call to call.
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

export function loadFrame(frame: BackdoorFrame, registers: BackdoorRegisters): void {
  const { words } = registers;
  frame.cpl = registers.cpl;
  if (words === undefined) {
    loadSlowly(frame, registers);
    return;
  }
  frame.eax = words[2 * Register.Eax] as number;
  frame.ebx = words[2 * Register.Ebx] as number;
  frame.ecx = words[2 * Register.Ecx] as number;
  frame.edx = words[2 * Register.Edx] as number;
  frame.esi = words[2 * Register.Esi] as number;
  frame.edi = words[2 * Register.Edi] as number;
}

/** Apart, so that V8 takes the usual way into its callers. */
function loadSlowly(frame: BackdoorFrame, registers: BackdoorRegisters): void {
  frame.eax = registers.readRegister32(Register.Eax);
  frame.ebx = registers.readRegister32(Register.Ebx);
  frame.ecx = registers.readRegister32(Register.Ecx);
  frame.edx = registers.readRegister32(Register.Edx);
  frame.esi = registers.readRegister32(Register.Esi);
  frame.edi = registers.readRegister32(Register.Edi);
}

export const snapshotFrame = ({ eax, ebx, ecx, edx, esi, edi }: BackdoorFrame): FrameSnapshot => ({
  eax,
  ebx,
  ecx,
  edx,
  esi,
  edi,
});

/** x86 numbers of the registers a command may write, EAX left out: the instruction decides what becomes of it. */
const outputIndex: Readonly<Record<Exclude<FrameRegister, "eax">, number>> = {
  ebx: Register.Ebx,
  ecx: Register.Ecx,
  edx: Register.Edx,
  esi: Register.Esi,
  edi: Register.Edi,
};

/** One bit for each register that a command declares, by x86 number: what {@link storeFrame} takes. */
export function outputBits(outputs: readonly FrameRegister[]): number {
  return outputs.reduce((bits, name) => (name === "eax" ? bits : bits | (1 << outputIndex[name])), 0);
}

/** Writes the registers of `bits` back: bits 31:0 of each, keeping 63:32. */
export function storeFrame(frame: BackdoorFrame, registers: BackdoorRegisters, bits: number): void {
  const { words } = registers;
  if (words === undefined) {
    storeSlowly(frame, registers, bits);
    return;
  }
  if (bits & (1 << Register.Ebx)) words[2 * Register.Ebx] = frame.ebx;
  if (bits & (1 << Register.Ecx)) words[2 * Register.Ecx] = frame.ecx;
  if (bits & (1 << Register.Edx)) words[2 * Register.Edx] = frame.edx;
  if (bits & (1 << Register.Esi)) words[2 * Register.Esi] = frame.esi;
  if (bits & (1 << Register.Edi)) words[2 * Register.Edi] = frame.edi;
}

function storeSlowly(frame: BackdoorFrame, registers: BackdoorRegisters, bits: number): void {
  if (bits & (1 << Register.Ebx)) registers.writeRegister32(Register.Ebx, frame.ebx >>> 0);
  if (bits & (1 << Register.Ecx)) registers.writeRegister32(Register.Ecx, frame.ecx >>> 0);
  if (bits & (1 << Register.Edx)) registers.writeRegister32(Register.Edx, frame.edx >>> 0);
  if (bits & (1 << Register.Esi)) registers.writeRegister32(Register.Esi, frame.esi >>> 0);
  if (bits & (1 << Register.Edi)) registers.writeRegister32(Register.Edi, frame.edi >>> 0);
}

/**
 * A frame that notes which registers were assigned, even with the value they had: hosts that write whole registers clear bits 63:32 of
 * those and of no others.
 */
export class TrackingFrame implements BackdoorFrame {
  eax = 0;
  ebp = 0;
  cpl = 0;
  #ebx = 0;
  #ecx = 0;
  #edx = 0;
  #esi = 0;
  #edi = 0;
  #assigned: Exclude<FrameRegister, "eax">[] = [];

  get ebx(): number {
    return this.#ebx;
  }
  set ebx(value: number) {
    this.#ebx = value;
    this.#assigned.push("ebx");
  }
  get ecx(): number {
    return this.#ecx;
  }
  set ecx(value: number) {
    this.#ecx = value;
    this.#assigned.push("ecx");
  }
  get edx(): number {
    return this.#edx;
  }
  set edx(value: number) {
    this.#edx = value;
    this.#assigned.push("edx");
  }
  get esi(): number {
    return this.#esi;
  }
  set esi(value: number) {
    this.#esi = value;
    this.#assigned.push("esi");
  }
  get edi(): number {
    return this.#edi;
  }
  set edi(value: number) {
    this.#edi = value;
    this.#assigned.push("edi");
  }

  /** Forgets the assignments so far: those that loaded the frame. */
  begin(): void {
    this.#assigned.length = 0;
  }

  /** Writes the assigned registers whole. */
  store(registers: BackdoorRegisters): void {
    for (const name of this.#assigned) registers.writeRegister64(outputIndex[name], BigInt(this[name] >>> 0));
  }
}
