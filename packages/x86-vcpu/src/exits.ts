/** `exit` rows to VM exits. */
import { ExitKind } from "x86-lift";
import type { Cpu } from "./cpu.ts";
import { hasBreakpoints, matchPortBreakpoints } from "./mmu/breakpoints.ts";
import { StateOffset } from "./state-layout.ts";
import type { VmExitReason } from "./vm-exit.ts";

const reasons: { readonly [K in keyof typeof ExitKind]: VmExitReason } = {
  Io: "io-instruction",
  Cpuid: "cpuid",
  Hlt: "hlt",
  Rdmsr: "rdmsr",
  Wrmsr: "wrmsr",
  Vmcall: "vmcall",
  Vmmcall: "vmmcall",
  Rdpmc: "rdpmc",
  Monitor: "monitor",
  Mwait: "mwait",
  Invd: "invd",
  Wbinvd: "wbinvd",
  Xsetbv: "xsetbv",
  Pause: "pause",
};
const kindNames = Object.keys(ExitKind) as (keyof typeof ExitKind)[];
const reasonByKind: readonly VmExitReason[] = kindNames.map((name) => reasons[name]);

/** Fills `cpu.exit` from the constants of an `exit` row (or of the stringIo helper) and the value of its operand a. */
export function fillExit(cpu: Cpu, kind: number, a: number, lo: number, hi: number): void {
  if (kind === ExitKind.Io) {
    fillIoExit(cpu, a, lo, hi);
    return;
  }
  const { exit } = cpu;
  exit.reason = reasonByKind[kind]!;
  exit.instructionLength = cpu.get32(StateOffset.instructionLength);
}

/** The same for `Io`. */
export function fillIoExit(cpu: Cpu, a: number, lo: number, hi: number): void {
  const { exit } = cpu;
  // Of two exits in a row most are of the same form: a look costs less than a store.
  if (cpu.ioForm !== lo || exit.segment !== hi || exit.reason !== "io-instruction") fillIoForm(cpu, lo, hi);
  exit.instructionLength = cpu.get32(StateOffset.instructionLength);
  exit.port = a & 0xffff;
  if (hasBreakpoints(cpu)) matchPortBreakpoints(cpu, exit.port, exit.size);
}

function fillIoForm(cpu: Cpu, lo: number, hi: number): void {
  const { exit } = cpu;
  cpu.ioForm = lo;
  exit.reason = "io-instruction";
  exit.size = (lo & 0xf) as 1 | 2 | 4;
  exit.direction = (lo & (1 << 4)) !== 0 ? "in" : "out";
  exit.immediate = (lo & (1 << 5)) !== 0;
  exit.string = (lo & (1 << 6)) !== 0;
  exit.rep = (lo & (1 << 7)) !== 0;
  exit.addressSize = ((lo >>> 8) & 0xff) as 16 | 32 | 64;
  exit.segment = hi;
}

/** An instruction that has no semantics or no helper: a defect of ours, told with all that is needed to mend it. */
export function fillUnimplemented(cpu: Cpu, bytes: Uint8Array, text: string): void {
  const { exit } = cpu;
  exit.reason = "unimplemented";
  exit.instructionLength = bytes.length;
  exit.bytes = bytes.slice();
  exit.text = text;
}
