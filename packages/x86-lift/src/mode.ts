/**
 * Everything outside the instruction's own bytes that decides what it means. Semantics may test it freely: consumers
 * key their caches by it, so it must stay small and change seldom. Data that changes often (RFLAGS status bits,
 * register values, segment bases) is never here.
 */
export interface LiftMode {
  /** Code segment: 16, 32, or 64 (CS.L in long mode). */
  readonly bitness: 16 | 32 | 64;
  /**
   * The limit of CS is below 0xffff in 16-bit code, below 0xffff_ffff in 32-bit code. False (nearly always) lets
   * direct near branches go unchecked.
   */
  readonly codeLimited: boolean;
  /** Stack address size: 64, or SS.B. */
  readonly stackBits: 16 | 32 | 64;
  /** EFER.LMA: long or compatibility mode. */
  readonly longMode: boolean;
  /** CR0.PE. */
  readonly protectedMode: boolean;
  /** RFLAGS.VM. */
  readonly virtual8086: boolean;
  /** Current privilege level: 0 in real mode, 3 in VM86 mode. */
  readonly cpl: 0 | 1 | 2 | 3;
  /** RFLAGS.IOPL. */
  readonly iopl: 0 | 1 | 2 | 3;
  /** CR0 bits TS, EM, MP, NE. */
  readonly cr0: { readonly ts: boolean; readonly em: boolean; readonly mp: boolean; readonly ne: boolean };
  /** CR4 bits that decide whether instructions exist or trap. */
  readonly cr4: {
    readonly osfxsr: boolean;
    readonly osxmmexcpt: boolean;
    readonly tsd: boolean;
    readonly pce: boolean;
    readonly umip: boolean;
    readonly fsgsbase: boolean;
    readonly osxsave: boolean;
    readonly pke: boolean;
    readonly de: boolean;
    readonly vme: boolean;
    readonly pvi: boolean;
  };
  /** EFER.SCE. */
  readonly sce: boolean;
  /** Does the CPUID policy show this feature? Names as `x86-decode` spells CPUID features, lower case. Missing → #UD. */
  has(feature: string): boolean;
}

/** What `liftMode` lets one change; control register bits one by one. */
export type LiftModeChanges = Partial<Omit<LiftMode, "cr0" | "cr4">> & {
  readonly cr0?: Partial<LiftMode["cr0"]>;
  readonly cr4?: Partial<LiftMode["cr4"]>;
};

/**
 * Ring 0 as an operating system leaves it: real mode for 16, flat protected mode for 32, long mode for 64 bits, with
 * every feature, SSE and XSAVE on, and the trapping bits (TS, TSD, UMIP) off. `changes` says what is different.
 */
export function liftMode(bitness: 16 | 32 | 64, changes: LiftModeChanges = {}): LiftMode {
  return {
    bitness,
    codeLimited: false,
    stackBits: bitness,
    longMode: bitness === 64,
    protectedMode: bitness !== 16,
    virtual8086: false,
    cpl: 0,
    iopl: 0,
    sce: true,
    has: () => true,
    ...changes,
    cr0: { ts: false, em: false, mp: true, ne: true, ...changes.cr0 },
    cr4: {
      osfxsr: true,
      osxmmexcpt: true,
      tsd: false,
      pce: false,
      umip: false,
      fsgsbase: true,
      osxsave: true,
      pke: true,
      de: true,
      vme: false,
      pvi: false,
      ...changes.cr4,
    },
  };
}
