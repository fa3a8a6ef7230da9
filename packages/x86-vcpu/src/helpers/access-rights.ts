/** LAR, LSL, VERR and VERW: descriptors asked about, never faulting on their contents (SDM vol. 2). */
import { Rflags } from "../control-bits.ts";
import type { Cpu } from "../cpu.ts";
import { type Helper, HelperStatus } from "../helper.ts";
import {
  type Descriptor,
  descriptorDpl,
  descriptorLimit,
  descriptorType,
  isCode,
  isConforming,
  isNullSelector,
  isReadable,
  isSystem,
  isWritable,
  readDescriptor,
  SystemType,
  selectorRpl,
} from "../segments/descriptor.ts";
import { read16, write32 } from "./operands.ts";

const { Tss16, Ldt, Tss16Busy, CallGate16, TaskGate, Tss, TssBusy, CallGate } = SystemType;
/** System types that LAR and LSL know, outside and inside long mode (SDM vol. 2, tables 3-52 and 3-53). */
const larTypes = [
  new Set<number>([Tss16, Ldt, Tss16Busy, CallGate16, TaskGate, Tss, TssBusy, CallGate]),
  new Set<number>([Ldt, Tss, TssBusy, CallGate]),
] as const;
const lslTypes = [
  new Set<number>([Tss16, Ldt, Tss16Busy, Tss, TssBusy]),
  new Set<number>([Ldt, Tss, TssBusy]),
] as const;

function setZf(cpu: Cpu, value: boolean): void {
  const flags = cpu.readRflags();
  cpu.writeRflags(value ? flags | Rflags.ZF : flags & ~Rflags.ZF);
}

/** The descriptor if the current privilege may see it; undefined: a fault while reading. */
function visible(cpu: Cpu, selector: number): Descriptor | "hidden" | undefined {
  if (isNullSelector(selector)) return "hidden";
  const d = readDescriptor(cpu, selector);
  if (d === undefined) return undefined;
  if (d === "missing") return "hidden";
  const dpl = descriptorDpl(d);
  const anyLevel = isCode(d) && isConforming(d);
  return anyLevel || (cpu.cpl <= dpl && selectorRpl(selector) <= dpl) ? d : "hidden";
}

/** Writes what `answer` says of the descriptor, or 0; ZF tells which. */
const ask =
  (types: readonly [ReadonlySet<number>, ReadonlySet<number>], answer: (d: Descriptor) => number): Helper =>
  (cpu, a, _b, _c, result) => {
    const d = visible(cpu, read16(cpu, a));
    if (d === undefined) return HelperStatus.Fault;
    const known = d !== "hidden" && (!isSystem(d) || types[cpu.longMode ? 1 : 0].has(descriptorType(d)));
    write32(cpu, result, known ? answer(d) : 0);
    setZf(cpu, known);
    return HelperStatus.Continue;
  };

const verifySegment: Helper = (cpu, a, _b, _c, _result, lo) => {
  const d = visible(cpu, read16(cpu, a));
  if (d === undefined) return HelperStatus.Fault;
  const suits = (segment: Descriptor): boolean => {
    if (isSystem(segment)) return false;
    if (lo === 1) return !isCode(segment) && isWritable(segment);
    return !isCode(segment) || isReadable(segment);
  };
  setZf(cpu, d !== "hidden" && suits(d));
  return HelperStatus.Continue;
};

export const accessRightsHelpers = {
  accessRights: ask(larTypes, (d) => d.high & 0x00ff_ff00),
  segmentLimit: ask(lslTypes, descriptorLimit),
  verifySegment,
};
