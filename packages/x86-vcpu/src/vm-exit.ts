import type { Breakpoint } from "./mmu/breakpoints.ts";

/** Why `run` came back. Names follow the basic exit reasons of SDM vol. 3 appendix C; the last three are the engine's own. */
export type VmExitReason =
  | "exception"
  | "external-interrupt-window"
  | "triple-fault"
  | "io-instruction"
  | "cpuid"
  | "hlt"
  | "rdmsr"
  | "wrmsr"
  | "rdpmc"
  /** RDTSC and RDTSCP, as `intercepts` says. */
  | "rdtsc"
  | "rdtscp"
  | "vmcall"
  | "vmmcall"
  | "monitor"
  | "mwait"
  | "invd"
  | "wbinvd"
  | "xsetbv"
  | "pause"
  /** MOV CR, CLTS and LMSW, as `intercepts` says. */
  | "cr-access"
  /** MOV DR, as `intercepts` says. */
  | "mov-dr"
  /** A guest-physical access that no RAM or ROM backs (MMIO). */
  | "ept-violation"
  /** The budget is spent. */
  | "budget"
  /** Somebody called `requestStop`, or a breakpoint was met. */
  | "stop"
  /** An instruction that the engine does not implement: a defect of ours, never the guest's. */
  | "unimplemented";

/**
 * One VM exit. The vCPU reuses the object, so copy what must live longer. For all reasons but `budget` and `stop`
 * RIP still names the instruction that caused it and none of its effects has happened.
 */
export interface VmExit {
  reason: VmExitReason;
  /** Length of the instruction, 1–15; 0 where hardware reports none. */
  instructionLength: number;
  /** exception: vector, error code (undefined without one), and CR2's value-to-be for #PF. */
  vector: number;
  errorCode: number | undefined;
  faultAddress: bigint;
  /** io-instruction (SDM vol. 3, table 29-5): port, bytes, direction, string, REP, immediate port, address size and segment for strings. */
  port: number;
  size: 1 | 2 | 4;
  direction: "in" | "out";
  string: boolean;
  rep: boolean;
  immediate: boolean;
  addressSize: 16 | 32 | 64;
  segment: number;
  /**
   * cr-access, mov-dr (SDM vol. 3, VM Exits, exit qualification): number of the control or debug register, what was done
   * with it, the general register (MOV only). LMSW: its operand, and where that is (`guestLinear`) if it is in memory.
   */
  register: number;
  registerAccess: "mov-to" | "mov-from" | "clts" | "lmsw";
  generalRegister: number;
  memoryOperand: boolean;
  sourceData: number;
  /** stop: the debugger's breakpoint that was met, if that is why. */
  breakpoint: Breakpoint | undefined;
  /** ept-violation: guest-physical address, access kind, bytes; guest linear address. */
  guestPhysical: number;
  guestLinear: bigint;
  access: "read" | "write" | "fetch";
  accessSize: number;
  /** Writes: the first `accessSize` bytes are what is to be written. */
  readonly data: Uint8Array;
  /** unimplemented: the bytes and the text of the instruction. */
  bytes: Uint8Array | undefined;
  text: string;
}

/** A record with nothing in it, for the vCPU to reuse. */
export const createVmExit = (): VmExit => ({
  reason: "stop",
  instructionLength: 0,
  vector: 0,
  errorCode: undefined,
  faultAddress: 0n,
  port: 0,
  size: 1,
  direction: "in",
  string: false,
  rep: false,
  immediate: false,
  addressSize: 64,
  segment: 0,
  register: 0,
  registerAccess: "mov-to",
  generalRegister: 0,
  memoryOperand: false,
  sourceData: 0,
  breakpoint: undefined,
  guestPhysical: 0,
  guestLinear: 0n,
  access: "read",
  accessSize: 0,
  data: new Uint8Array(16),
  bytes: undefined,
  text: "",
});
