/** `exit` rows to VM exits. */
import { ExitKind, Vector } from "x86-lift";
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

/** All of a port instruction's exit but the port, in one number: the first constant of its row, the second (its segment), its length. */
export const ioForm = (lo: number, hi: number, length: number): number => lo | (hi << 16) | (length << 20);

/** The same for `Io`. */
function fillIoExit(cpu: Cpu, a: number, lo: number, hi: number): void {
  const { exit } = cpu;
  fillPortExit(cpu, ioForm(lo, hi, cpu.get32(StateOffset.instructionLength)), a & 0xffff);
  if (hasBreakpoints(cpu)) matchPortBreakpoints(cpu, exit.port, exit.size);
}

/** The same, of a form, while nobody has a breakpoint at a port. */
export function fillPortExit(cpu: Cpu, form: number, port: number): void {
  const { exit } = cpu;
  // Of two exits in a row most are of the same form: a look costs less than a store.
  if (cpu.ioForm !== form || exit.reason !== "io-instruction") fillIoForm(cpu, form);
  exit.port = port;
}

function fillIoForm(cpu: Cpu, form: number): void {
  const { exit } = cpu;
  cpu.ioForm = form;
  exit.reason = "io-instruction";
  exit.size = (form & 0xf) as 1 | 2 | 4;
  exit.direction = (form & (1 << 4)) !== 0 ? "in" : "out";
  exit.immediate = (form & (1 << 5)) !== 0;
  exit.string = (form & (1 << 6)) !== 0;
  exit.rep = (form & (1 << 7)) !== 0;
  exit.addressSize = ((form >>> 8) & 0xff) as 16 | 32 | 64;
  exit.segment = (form >>> 16) & 0xf;
  exit.instructionLength = (form >>> 20) & 0xf;
}

/** A fault's #GP(0). */
export function fillGpExit(cpu: Cpu): void {
  const { exit } = cpu;
  // As above. Whoever makes an exit an exception sets all that belongs to one.
  const isSame = exit.reason === "exception" && exit.vector === Vector.GP && exit.errorCode === 0;
  if (!isSame || exit.instructionLength !== 0) fillExceptionExit(cpu, Vector.GP, 0, 0, 0n);
}

/** `length`: of the instruction, where the exception is its trap; else 0. `address`: CR2's value-to-be of #PF, DR6 bits of #DB, else 0. */
export function fillExceptionExit(
  cpu: Cpu,
  vector: number,
  errorCode: number | undefined,
  length: number,
  address: bigint,
): void {
  const { exit } = cpu;
  exit.reason = "exception";
  exit.vector = vector;
  exit.errorCode = errorCode;
  exit.instructionLength = length;
  exit.faultAddress = address;
  exit.breakpoint = undefined;
  exit.text = "";
}

/** An instruction that has no semantics or no helper: a defect of ours, told with all that is needed to mend it. */
export function fillUnimplemented(cpu: Cpu, bytes: Uint8Array, text: string): void {
  const { exit } = cpu;
  exit.reason = "unimplemented";
  exit.instructionLength = bytes.length;
  exit.bytes = bytes.slice();
  exit.text = text;
}
