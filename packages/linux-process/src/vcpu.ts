/** What this package needs of a processor. x86-vcpu fits; so may any other engine that runs x86-64 long mode. */
export interface ProcessVcpu {
  /** General registers by encoding number: 0 RAX, 1 RCX, 2 RDX, 3 RBX, 4 RSP, 5 RBP, 6 RSI, 7 RDI, 8–15. */
  readRegister(index: number): bigint;
  writeRegister(index: number, value: bigint): void;
  rip: bigint;
  rflags: bigint;
  readonly cr2: bigint;
  /** As MOV CR and WRMSR write them. False: refused. */
  writeControl(name: "cr0" | "cr3" | "cr4" | "efer", value: bigint): boolean;
  setSegment(
    name: "es" | "cs" | "ss" | "ds" | "fs" | "gs" | "tr" | "ldtr",
    value: { selector: number; base: bigint; limit: number; attributes: number },
  ): void;
  /** The same four values as they are now; bit 16 of `attributes` says unusable. */
  segment(name: "es" | "cs" | "ss" | "ds" | "fs" | "gs"): {
    selector: number;
    base: bigint;
    limit: number;
    attributes: number;
  };
  setTable(name: "gdtr" | "idtr", table: { base: bigint; limit: number }): void;
  readMsr(index: number): bigint;
  /** False: no such MSR, or the value is refused. */
  writeMsr(index: number, value: bigint): boolean;
  flushTlb(): void;
  /** The 512 bytes that FXSAVE64 writes, and their inverse; signal frames carry them. */
  readFxState(): Uint8Array;
  writeFxState(bytes: Uint8Array): void;
}

export const Gpr = {
  RAX: 0,
  RCX: 1,
  RDX: 2,
  RBX: 3,
  RSP: 4,
  RBP: 5,
  RSI: 6,
  RDI: 7,
  R8: 8,
  R9: 9,
  R10: 10,
  R11: 11,
  R12: 12,
  R13: 13,
  R14: 14,
  R15: 15,
} as const;

/** MSRs that Linux sets for programs (SDM vol. 4, table 2-2). */
export const Msr = {
  SYSENTER_CS: 0x174,
  SYSENTER_ESP: 0x175,
  SYSENTER_EIP: 0x176,
  STAR: 0xc000_0081,
  LSTAR: 0xc000_0082,
  CSTAR: 0xc000_0083,
  SFMASK: 0xc000_0084,
  FS_BASE: 0xc000_0100,
  GS_BASE: 0xc000_0101,
} as const;
