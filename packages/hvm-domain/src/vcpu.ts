/**
 * What a domain needs of a virtual processor. Package `x86-vcpu` fits, and so may another engine.
 */

/**
 * Why `run` came back: the basic exit reasons of SDM vol. 3 appendix C in words; the last three belong to the engine.
 */
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
  | "vmcall"
  | "vmmcall"
  | "monitor"
  | "mwait"
  | "invd"
  | "wbinvd"
  | "xsetbv"
  | "pause"
  | "rdtsc"
  | "rdtscp"
  | "cr-access"
  | "mov-dr"
  | "ept-violation"
  | "budget"
  | "stop"
  | "unimplemented";

/**
 * One VM exit. The vCPU may reuse the object. For all reasons but `budget` and `stop` RIP still names the instruction
 * that caused it and none of its effects has happened.
 */
export interface VmExit {
  readonly reason: VmExitReason;
  /** 1–15; 0 where hardware reports none. */
  readonly instructionLength: number;
  /** exception: vector, error code (undefined without one), and for #PF what CR2 is to become. */
  readonly vector: number;
  readonly errorCode: number | undefined;
  readonly faultAddress: bigint;
  /** io-instruction, as the exit qualification has it (SDM vol. 3, exit qualification for I/O instructions). */
  readonly port: number;
  readonly size: 1 | 2 | 4;
  readonly direction: "in" | "out";
  readonly string: boolean;
  readonly rep: boolean;
  readonly addressSize: 16 | 32 | 64;
  /** Segment of an OUTS operand in encoding order: ES CS SS DS FS GS. */
  readonly segment: number;
  /** ept-violation: an access that neither RAM nor ROM answers, or a write to ROM. */
  readonly guestPhysical: number;
  readonly access: "read" | "write" | "fetch";
  readonly accessSize: number;
  /** Writes: the first `accessSize` bytes. */
  readonly data: Uint8Array;
  /** unimplemented: bytes and text of the instruction. */
  readonly bytes: Uint8Array | undefined;
  readonly text: string;
}

/** Encoding order, then TR and LDTR. */
export const segmentNames = ["es", "cs", "ss", "ds", "fs", "gs", "tr", "ldtr"] as const;
export type SegmentName = (typeof segmentNames)[number];

/** A segment register with its hidden part; attributes have the VMCS access-rights layout (SDM vol. 3, guest-state area). */
export interface SegmentRegister {
  readonly selector: number;
  readonly base: bigint;
  /** In bytes. */
  readonly limit: number;
  readonly attributes: number;
}

export interface LinearOptions {
  /** An instruction fetch: execute permission instead of read. */
  readonly fetch?: boolean;
  /** As supervisor, whatever the CPL. */
  readonly privileged?: boolean;
}

/** What became of an access through paging. Fewer bytes than asked for: the byte at `faultAt` cannot be accessed. */
export interface LinearRead {
  readonly bytes: Uint8Array;
  readonly faultAt?: bigint | undefined;
  /** #PF error code for `faultAt`. Absent: paging permits it, but neither RAM nor ROM (for writes: no RAM) is there. */
  readonly errorCode?: number | undefined;
}
export type LinearWrite = Omit<LinearRead, "bytes"> & {
  /** Bytes written, from the first on. */
  readonly written: number;
};

export interface HvmVcpu {
  readonly id: number;
  /** Executes at most `budget` instructions. */
  run(budget: number): VmExit;
  /**
   * Engines that can go on after an exit without coming back have this. From now on `answer` is called at every exit but `budget` and `stop` in
   * place of a return: it deals with the exit and gives the number of retired instructions to which the `run` that would come next would go; it
   * then goes on at once. What is not above `retired`: `run` returns `budget`. `AS_BEFORE`, −1: to where this one goes.
   */
  answerExits?(answer: (exit: VmExit) => number): void;
  /** Instructions retired since power-on; `advanceRip` counts one. Exact up to 2^53. */
  readonly retired: number;

  /** General registers by encoding number: 0 RAX, 1 RCX, 2 RDX, 3 RBX, 4 RSP, 5 RBP, 6 RSI, 7 RDI, 8–15. */
  readRegister(index: number): bigint;
  writeRegister(index: number, value: bigint): void;
  /** Bits 31:0. Writing keeps 63:32. */
  readRegister32(index: number): number;
  writeRegister32(index: number, value: number): void;
  /** Views of the sixteen general registers, of RIP and of `retired`, low words first, where the engine has them. */
  readonly registerViews?: { readonly general: Uint32Array; readonly rip: Uint32Array; readonly retired: Int32Array };
  /**
   * Where the engine has a quicker way to `digestOf`: what that made of the registers at the latest exit but `budget` and `stop`, in `words` (low
   * word first).
   */
  readonly registerDigest?: { readonly words: Int32Array } | undefined;
  rip: bigint;
  readonly rflags: bigint;
  readonly cpl: number;
  segment(name: SegmentName): SegmentRegister;
  readonly cr0: bigint;
  readonly cr2: bigint;
  readonly cr3: bigint;
  readonly cr4: bigint;
  readonly efer: bigint;

  /** The hypervisor has emulated the instruction at RIP: moves past it, ends interrupt shadows, raises #DB if TF is set. */
  advanceRip(length: number): void;
  /** Delivers an exception at RIP with the next `run`. `cr2` for #PF. */
  injectException(vector: number, errorCode?: number, cr2?: bigint): void;
  /** Delivers an external interrupt with the next `run`. Only while `interruptible`. */
  injectInterrupt(vector: number): void;
  /** RFLAGS.IF is set, no shadow of STI or MOV SS holds, nothing else is being delivered. */
  readonly interruptible: boolean;
  /** Ends `run` with `external-interrupt-window` as soon as `interruptible`. */
  requestInterruptWindow(): void;
  /** Delivers an NMI as soon as NMIs are not blocked. */
  injectNmi(): void;
  /** Vectors (bit by bit) whose exceptions exit instead of being delivered. */
  exceptionBitmap: number;

  /** Through segmentation-free paging, with the rights of the current privilege. Never throws. */
  readLinear(address: bigint, length: number, options?: LinearOptions): LinearRead;
  /** The same for `length` bytes of code, copied to the front of `into`: how many can be fetched. For those who have no use for a new array. */
  fetchLinear?(address: bigint, length: number, into: Uint8Array): number;
  /**
   * Up to `most` bytes of code at CS:RIP, with the rights of the current privilege, as far as they lie in its page, to the front of `into`: how
   * many. 0 where they are not at hand or cannot be fetched; the functions above know.
   */
  fetchCode?(into: Uint8Array, most: number): number;
  /** The first of them alone; −1 where it is not at hand. */
  fetchCodeByte?(): number;
  /** What the code segment makes of an instruction without prefixes; others find it in CS and EFER. */
  readonly codeBits?: 16 | 32 | 64;
  writeLinear(address: bigint, bytes: Uint8Array, options?: LinearOptions): LinearWrite;
  /** Answers the `ept-violation` just reported; for reads with `accessSize` bytes. The instruction is then repeated. */
  completeMmio(data?: Uint8Array): void;
  readMsr(index: number): bigint;
  writeMsr(index: number, value: bigint): unknown;
  /** XCR0 as XSETBV writes it, with all checks. False: the value is refused. Absent: there is no XCR0. */
  writeControl?(name: "xcr0", value: bigint): boolean;
  flushTlb(): void;
  /** Ends the current `run` soon. */
  requestStop(): void;
  reset(): void;
  save(): unknown;
  load(state: never): void;
}
