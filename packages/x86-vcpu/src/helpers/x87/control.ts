/** FNINIT, FNCLEX, FLDCW, FFREE. Source: Intel SDM vol. 1 §8.1, vol. 2. */
import type { Cpu } from "../../cpu.ts";
import { type Helper, HelperStatus } from "../../helper.ts";
import { StateOffset } from "../../state-layout.ts";
import { checkPending } from "./pending.ts";
import { begin, finish, free, pop, updateSummary } from "./register-stack.ts";

/** Bits of the control word that exist; bit 6 reads as one. */
const FCW_BITS = 0x1f3f;
const FCW_ONE = 0x0040;

export function loadControl(cpu: Cpu, fcw: number): void {
  cpu.set16(StateOffset.fcw, (fcw & FCW_BITS) | FCW_ONE);
}

export function initialize(cpu: Cpu): void {
  cpu.set16(StateOffset.fcw, 0x037f);
  cpu.set16(StateOffset.fsw, 0);
  cpu.set16(StateOffset.ftw, 0xffff);
  cpu.set16(StateOffset.fop, 0);
  cpu.set64(StateOffset.fip, 0n);
  cpu.set64(StateOffset.fdp, 0n);
  cpu.set16(StateOffset.fcs, 0);
  cpu.set16(StateOffset.fds, 0);
}

export const control = {
  x87Wait: (cpu) => checkPending(cpu),
  x87Initialize: (cpu) => {
    initialize(cpu);
    return HelperStatus.Continue;
  },
  x87ClearExceptions: (cpu) => {
    cpu.set16(StateOffset.fsw, cpu.get16(StateOffset.fsw) & 0x7f00);
    return HelperStatus.Continue;
  },
  x87LoadControl: (cpu, a) => {
    loadControl(cpu, cpu.u16[a >>> 1]!);
    updateSummary(cpu);
    return HelperStatus.Continue;
  },
  x87Free: (cpu, _a, _b, _c, _r, lo) => {
    const ctx = begin(cpu);
    if (ctx === undefined) return HelperStatus.Fault;
    free(cpu, lo & 7);
    if ((lo & 0x100) !== 0) pop(cpu);
    return finish(cpu, ctx);
  },
} as const satisfies Record<string, Helper>;
