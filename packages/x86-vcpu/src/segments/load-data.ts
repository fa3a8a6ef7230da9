/** Loading ES, SS, DS, FS and GS in protected mode (SDM vol. 2, MOV; vol. 3 §6.4–6.7). */
import { Vector } from "x86-lift";
import type { Cpu } from "../cpu.ts";
import { HelperStatus } from "../helper.ts";
import { SegmentIndex } from "../segment.ts";
import {
  type Descriptor,
  descriptorDpl,
  isCode,
  isConforming,
  isNullSelector,
  isPresent,
  isReadable,
  isSystem,
  isWritable,
  markAccessed,
  readDescriptor,
  selectorError,
  selectorRpl,
  setNullSegment,
  setRealSegment,
  setSegmentFromDescriptor,
} from "./descriptor.ts";

/** MOV Sreg, POP Sreg, LDS and their kin, in any mode. segment: 0, 2–5. */
export function loadDataSegment(cpu: Cpu, segment: number, selector: number): HelperStatus {
  if (!cpu.protectedMode || cpu.virtual8086) {
    setRealSegment(cpu, segment, selector);
    return HelperStatus.Continue;
  }
  return segment === SegmentIndex.SS ? loadStackSegment(cpu, selector, cpu.cpl) : loadProtected(cpu, segment, selector);
}

function loadProtected(cpu: Cpu, segment: number, selector: number): HelperStatus {
  if (isNullSelector(selector)) {
    setNullSegment(cpu, segment, selector);
    return HelperStatus.Continue;
  }
  const code = selectorError(selector);
  const d = readDescriptor(cpu, selector);
  if (d === undefined) return HelperStatus.Fault;
  if (d === "missing" || isSystem(d) || (isCode(d) && !isReadable(d))) return cpu.raise(Vector.GP, code);
  const dpl = descriptorDpl(d);
  const anyLevel = isCode(d) && isConforming(d);
  if (!anyLevel && (selectorRpl(selector) > dpl || cpu.cpl > dpl)) return cpu.raise(Vector.GP, code);
  if (!isPresent(d)) return cpu.raise(Vector.NP, code);
  if (!markAccessed(cpu, d)) return HelperStatus.Fault;
  setSegmentFromDescriptor(cpu, segment, selector, d);
  return HelperStatus.Continue;
}

/** SS for code that runs, or will run, at `cpl`. */
export function loadStackSegment(cpu: Cpu, selector: number, cpl: number): HelperStatus {
  if (isNullSelector(selector)) {
    if (!cpu.code64 || cpl === 3 || selectorRpl(selector) !== cpl) return cpu.raise(Vector.GP, 0);
    setNullSegment(cpu, SegmentIndex.SS, selector, cpl);
    return HelperStatus.Continue;
  }
  const d = checkStackDescriptor(cpu, selector, cpl, Vector.GP, 0);
  if (d === undefined) return HelperStatus.Fault;
  if (!markAccessed(cpu, d)) return HelperStatus.Fault;
  setSegmentFromDescriptor(cpu, SegmentIndex.SS, selector, d);
  return HelperStatus.Continue;
}

/**
 * The checks of a non-null SS: writable data with RPL = DPL = `cpl`. `vector`: #GP, or #TS for stacks that a TSS
 * names; `external`: 1 when the error code's EXT bit is to be set. Undefined: raised.
 */
export function checkStackDescriptor(
  cpu: Cpu,
  selector: number,
  cpl: number,
  vector: number,
  external: number,
): Descriptor | undefined {
  const code = selectorError(selector) | external;
  const d = readDescriptor(cpu, selector);
  if (d === undefined) return undefined;
  const legal =
    d !== "missing" &&
    selectorRpl(selector) === cpl &&
    !isSystem(d) &&
    !isCode(d) &&
    isWritable(d) &&
    descriptorDpl(d) === cpl;
  if (!legal) {
    cpu.raise(vector, code);
    return undefined;
  }
  if (isPresent(d)) return d;
  cpu.raise(Vector.SS, code);
  return undefined;
}
