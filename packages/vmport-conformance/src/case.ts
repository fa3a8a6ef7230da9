/**
 * What a case is: plain data, so that a function, a guest image in machine code and a document can all be made from it.
 *
 * A step loads seven registers, executes one instruction, and says what must be in the registers afterwards. Two things make
 * sequences possible without code: a step can capture a register into a variable, and a later step can use it.
 */

/** Registers a backdoor call uses, by the number that x86 encodes them with (ESP is left alone). */
export const registerNumbers = { eax: 0, ecx: 1, edx: 2, ebx: 3, ebp: 5, esi: 6, edi: 7 } as const;
export type RegisterName = keyof typeof registerNumbers;
export const registerNames = Object.keys(registerNumbers) as readonly RegisterName[];

/** Low halves, unsigned. */
export type Registers = Readonly<Record<RegisterName, number>>;

/**
 * - `port`: `IN`/`OUT` with the accumulator of `size` bytes and DX;
 * - `string`: `CLD; REP INSB` or `CLD; REP OUTSB` with ECX bytes;
 * - `rdpmc`: `RDPMC` with the index in ECX (`direction` and `size` mean nothing).
 */
export type InstructionKind = "port" | "string" | "rdpmc";
export type Direction = "in" | "out";
export type Ring = 0 | 3;

/** A value plus, or'ed to it, what an earlier step captured. */
export interface Operand {
  readonly value: number;
  /** Number of a variable, 0..{@link VARIABLES} − 1. */
  readonly variable?: number;
}

export const VARIABLES = 160;

/**
 * Passes if `((actual & mask) − base) mod 2^32 ≤ span`, or with `not` if that is false. So `span` 0 is equality, and a range may
 * wrap around zero.
 */
export interface Check {
  readonly register: RegisterName;
  readonly mask: number;
  readonly base: Operand;
  readonly span: number;
  readonly not: boolean;
}

export interface Capture {
  readonly register: RegisterName;
  readonly mask: number;
  readonly variable: number;
}

export interface Step {
  readonly kind: InstructionKind;
  readonly direction: Direction;
  readonly size: 1 | 2 | 4;
  readonly port: number;
  readonly set: Readonly<Record<RegisterName, Operand>>;
  /** Registers that must come out as they went in. */
  readonly unchanged: readonly RegisterName[];
  readonly checks: readonly Check[];
  readonly captures: readonly Capture[];
  /** `REP OUTSB`: the bytes at ESI. `REP INSB`: the bytes that must be at EDI afterwards. */
  readonly data?: Uint8Array;
  /** Executed, but not judged, when an earlier step has failed: gives back what the case took (CLOSE). */
  readonly cleanup?: boolean;
  /** Vector of the exception that must be raised (with error code 0 where it has one); left out: none. */
  readonly fault?: number;
}

/** Hosts whose behaviour the sources describe. Anything may be judged; these have an expectation. */
export const hostNames = [
  "vmware",
  "xen-v6",
  "xen-v14",
  "qemu",
  "qemu-old",
  "kvm",
  "virtualbox",
  "v86",
  "bare-metal",
] as const;
export type HostName = (typeof hostNames)[number];

export interface Source {
  /** `header`: a number from VMware's headers; `guest`: what programs compare; `emulator`: what another host does; `recommended`: deduced. */
  readonly kind: "header" | "guest" | "emulator" | "recommended";
  readonly ref: string;
}

export interface ConformanceCase {
  /** Unique, stable, without blanks: `group.what.ring0`. */
  readonly id: string;
  readonly title: string;
  /** `contract`: what VMware's guests rely on. `quirk`: what some other host is known to do instead. */
  readonly kind: "contract" | "quirk";
  readonly ring: Ring;
  readonly steps: readonly Step[];
  /** Hosts that pass, by the sources. */
  readonly passes: readonly HostName[];
  readonly source: Source;
}
