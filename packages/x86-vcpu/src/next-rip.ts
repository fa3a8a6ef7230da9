/** SVM's nRIP (AMD APM vol. 2 §15.7.1): kept for instruction intercepts (§15.9), MSR and I/O ones, and #BP, #OF, #BR of their instructions. */
import { Vector } from "x86-lift";
import type { Cpu } from "./cpu.ts";
import { StateOffset } from "./state-layout.ts";
import type { VmExitReason } from "./vm-exit.ts";

const instructionExits: ReadonlySet<VmExitReason> = new Set<VmExitReason>([
  "io-instruction",
  "cpuid",
  "hlt",
  "rdmsr",
  "wrmsr",
  "rdpmc",
  "rdtsc",
  "rdtscp",
  "vmcall",
  "vmmcall",
  "monitor",
  "mwait",
  "invd",
  "wbinvd",
  "xsetbv",
  "pause",
  "cr-access",
  "mov-dr",
]);

/** Length of the instruction that exited, where SVM says which comes next; else 0. */
function lengthForSvm(cpu: Cpu): number {
  const { exit } = cpu;
  if (instructionExits.has(exit.reason)) return exit.instructionLength;
  if (exit.reason !== "exception") return 0;
  // The length of a trap is only there when INT3, INT n or INTO raised it.
  if (exit.vector === Vector.BP || exit.vector === Vector.OF) return exit.instructionLength;
  return exit.vector === Vector.BR ? cpu.get32(StateOffset.instructionLength) : 0;
}

/** Valid until anything of the processor's state changes. */
export function nextRip(cpu: Cpu): bigint {
  const length = lengthForSvm(cpu);
  return length === 0 ? 0n : BigInt.asUintN(cpu.code64 ? 64 : 32, cpu.rip + BigInt(length));
}
