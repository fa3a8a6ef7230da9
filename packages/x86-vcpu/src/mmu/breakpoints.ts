/**
 * Data and I/O breakpoints: the guest's in the debug registers (SDM vol. 3 §19.2), and a debugger's, which the guest
 * cannot see. Pages that hold one never get TLB entries, so every access there is seen.
 */
import { Cr4 } from "../control-bits.ts";
import type { Cpu } from "../cpu.ts";
import { SegmentIndex, segmentBaseOffset } from "../segment.ts";
import { StateOffset } from "../state-layout.ts";

/** What a debugger has `Vcpu.watch` for. */
export interface Watchpoint {
  /** port: `address` is a port number. Data: a linear address. */
  readonly kind: "write" | "access" | "port";
  readonly address: bigint;
  /** Bytes or ports from there on, at least 1. */
  readonly bytes: number;
}

/** A breakpoint of a debugger's that was met: a watchpoint, or the address of the instruction that comes next. */
export type Breakpoint = Watchpoint | { readonly kind: "execution"; readonly address: bigint };

/** R/W field of DR7: 0 execution, 1 writes, 2 I/O, 3 reads and writes. */
const field = (dr7: number, n: number): number => (dr7 >>> (16 + n * 4)) & 3;
const isEnabled = (dr7: number, n: number): boolean => ((dr7 >>> (n * 2)) & 3) !== 0;
/** LEN field: 1, 2, 8 or 4 bytes. */
const lengths = [1, 2, 8, 4] as const;
const lengthOf = (dr7: number, n: number): number => lengths[(dr7 >>> (18 + n * 4)) & 3]!;

const dr7Of = (cpu: Cpu): number => cpu.get32(StateOffset.dr + 7 * 8);

/** Is any of DR0–3 enabled, or does a debugger watch? */
export const hasBreakpoints = (cpu: Cpu): boolean => (dr7Of(cpu) & 0xff) !== 0 || cpu.watchpoints.length > 0;

/** Records which watchpoint an access touches; the run loop stops behind the instruction. */
function matchWatchpoints(cpu: Cpu, first: bigint, bytes: number, isPort: boolean, write: boolean): void {
  for (const point of cpu.watchpoints) {
    if ((point.kind === "port") !== isPort || (point.kind === "write" && !write)) continue;
    const isTouched = point.address < first + BigInt(bytes) && point.address + BigInt(point.bytes) > first;
    if (isTouched) cpu.metWatchpoint ??= point;
  }
}

/** Which of DR0–3 name the instruction at CS:RIP. */
export function matchInstructionBreakpoints(cpu: Cpu): number {
  const dr7 = dr7Of(cpu);
  const linear = cpu.code64 ? cpu.rip : BigInt.asUintN(32, cpu.rip + cpu.get64(segmentBaseOffset(SegmentIndex.CS)));
  let matched = 0;
  for (let n = 0; n < 4; n++) {
    if (isEnabled(dr7, n) && field(dr7, n) === 0 && cpu.get64(StateOffset.dr + n * 8) === linear) matched |= 1 << n;
  }
  return matched;
}

export function pageHasDataBreakpoint(cpu: Cpu, low: number, high: number): boolean {
  const dr7 = dr7Of(cpu);
  if (cpu.watchpoints.length > 0) {
    const page = ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)) >> 12n;
    for (const { kind, address, bytes } of cpu.watchpoints) {
      const last = address + BigInt(bytes) - 1n;
      if (kind !== "port" && page >= address >> 12n && page <= last >> 12n) return true;
    }
  }
  if ((dr7 & 0xff) === 0) return false;
  for (let n = 0; n < 4; n++) {
    if (!isEnabled(dr7, n) || (field(dr7, n) & 1) === 0) continue;
    const at = (cpu.base + StateOffset.dr) >>> 2;
    if ((cpu.i32[at + n * 2]! & ~0xfff) === (low & ~0xfff) && cpu.i32[at + n * 2 + 1] === high) return true;
  }
  return false;
}

/** Records in `cpu.matchedBreakpoints` which of DR0–3 an access touches; the trap comes after the instruction. */
export function matchDataBreakpoints(cpu: Cpu, low: number, high: number, bytes: number, write: boolean): void {
  if (!hasBreakpoints(cpu)) return;
  const dr7 = dr7Of(cpu);
  const first = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  const last = first + BigInt(bytes) - 1n;
  matchWatchpoints(cpu, first, bytes, false, write);
  for (let n = 0; n < 4; n++) {
    const kind = field(dr7, n);
    if (!isEnabled(dr7, n) || (kind & 1) === 0 || (kind === 1 && !write)) continue;
    const length = BigInt(lengthOf(dr7, n));
    const start = cpu.get64(StateOffset.dr + n * 8) & ~(length - 1n);
    if (start <= last && start + length > first) cpu.matchedBreakpoints |= 1 << n;
  }
  if (cpu.matchedBreakpoints !== 0) cpu.set32(StateOffset.attention, 1);
}

/** The same for an access to ports (with CR4.DE only; SDM vol. 3 §19.2.4). */
export function matchPortBreakpoints(cpu: Cpu, port: number, bytes: number): void {
  if (cpu.watchpoints.length > 0) matchWatchpoints(cpu, BigInt(port), bytes, true, true);
  const dr7 = dr7Of(cpu);
  if ((dr7 & 0xff) === 0 || (cpu.cr4 & Cr4.DE) === 0) return;
  for (let n = 0; n < 4; n++) {
    if (!isEnabled(dr7, n) || field(dr7, n) !== 2) continue;
    const length = BigInt(lengthOf(dr7, n));
    const start = cpu.get64(StateOffset.dr + n * 8) & ~(length - 1n);
    if (start < BigInt(port + bytes) && start + length > BigInt(port)) cpu.matchedBreakpoints |= 1 << n;
  }
}
