import type { LiftMode } from "../src/index.ts";

type Changes = Partial<Omit<LiftMode, "cr0" | "cr4">> & {
  readonly cr0?: Partial<LiftMode["cr0"]>;
  readonly cr4?: Partial<LiftMode["cr4"]>;
};

/** Ring 0 of ordinary 16-bit real, 32-bit protected or 64-bit mode with every feature, changed as asked. */
export function liftMode(bitness: 16 | 32 | 64, changes: Changes = {}): LiftMode {
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
