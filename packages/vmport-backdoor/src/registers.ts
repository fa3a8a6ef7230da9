/** Register numbers as x86 encodes them. */
export const Register = { Eax: 0, Ecx: 1, Edx: 2, Ebx: 3, Esp: 4, Ebp: 5, Esi: 6, Edi: 7 } as const;

/**
 * The guest's register file as the backdoor needs it. A vcpu fits as it is; a plain object does, too. Values of 32 bits are
 * unsigned numbers.
 */
export interface BackdoorRegisters {
  /** Low half of register `index` (0 EAX, 1 ECX, 2 EDX, 3 EBX, 4 ESP, 5 EBP, 6 ESI, 7 EDI). */
  readRegister32(index: number): number;
  /** Replaces bits 31:0 and keeps 63:32. */
  writeRegister32(index: number, value: number): void;
  readRegister64(index: number): bigint;
  writeRegister64(index: number, value: bigint): void;
  /** Where the host has them: the same registers as words, low half of register n at 2n. Read and written in place of the functions. */
  readonly words?: Uint32Array | undefined;
  /** Current privilege level, 0..3. */
  readonly cpl: number;
  /** Address of the instruction, for events and the log only. */
  readonly rip?: bigint;
  /** The same as words, low half first, where the host has them. Read in place of `rip`. */
  readonly ripWords?: Uint32Array | undefined;
  /** For events and the log only. */
  readonly vcpuId?: number;
}

/** Context that the port handler expects on the bus. */
export type BackdoorContext = BackdoorRegisters;
