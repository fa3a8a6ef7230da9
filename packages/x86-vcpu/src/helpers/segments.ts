/** MOV Sreg, SGDT, LGDT, LLDT, LTR and their kin (SDM vol. 2, the entries of these instructions). */
import { Vector } from "x86-lift";
import type { Cpu } from "../cpu.ts";
import { type Helper, HelperStatus } from "../helper.ts";
import { high32, low32, readSystem32, writeSystem } from "../mmu/system-access.ts";
import { SegmentIndex, segmentSelectorOffset } from "../segment.ts";
import {
  type Descriptor,
  descriptorAttributes,
  descriptorBase,
  descriptorLimit,
  descriptorType,
  isNullSelector,
  isPresent,
  isSystem,
  readDescriptor,
  SystemType,
  selectorError,
  setNullSegment,
  setSegment,
} from "../segments/descriptor.ts";
import { loadDataSegment } from "../segments/load-data.ts";
import { StateOffset } from "../state-layout.ts";
import { isCanonicalAddress } from "../system/control-registers.ts";
import { read16, read64, write16 } from "./operands.ts";

const readSelector: Helper = (cpu, _a, _b, _c, result, lo) => {
  write16(cpu, result, cpu.get16(segmentSelectorOffset(lo)));
  return HelperStatus.Continue;
};

const loadSegment: Helper = (cpu, a, _b, _c, _result, lo, hi) => {
  const status = loadDataSegment(cpu, lo, read16(cpu, a));
  if (status !== HelperStatus.Continue) return status;
  if (hi === 1) cpu.movSsShadowAt = cpu.retired + 1;
  cpu.updateModeKey();
  return HelperStatus.Continue;
};

/** Base of a system descriptor; in long mode it has 16 bytes. Undefined: faulted, or refused with #GP(selector). */
function systemBase(cpu: Cpu, d: Descriptor): bigint | undefined {
  if (!cpu.longMode) return BigInt(descriptorBase(d));
  const refused = (): undefined => {
    cpu.raise(Vector.GP, selectorError(d.selector));
    return undefined;
  };
  if ((d.selector & 0xfff8) + 15 > cpu.get32(StateOffset.gdtrLimit)) return refused();
  const high = readSystem32(cpu, d.linear + 8n);
  if (high === undefined) return undefined;
  const type = readSystem32(cpu, d.linear + 12n);
  if (type === undefined) return undefined;
  const base = (BigInt(high) << 32n) | BigInt(descriptorBase(d));
  return (type & 0x1f00) === 0 && isCanonicalAddress(cpu, base) ? base : refused();
}

/** A system descriptor of one of these types in the GDT; undefined: raised. */
function systemDescriptor(cpu: Cpu, selector: number, types: readonly number[]): Descriptor | undefined {
  const code = selectorError(selector);
  const d = (selector & 4) !== 0 ? "missing" : readDescriptor(cpu, selector);
  if (d === undefined) return undefined;
  if (d === "missing" || !isSystem(d) || !types.includes(descriptorType(d))) {
    cpu.raise(Vector.GP, code);
    return undefined;
  }
  if (isPresent(d)) return d;
  cpu.raise(Vector.NP, code);
  return undefined;
}

const loadLdt: Helper = (cpu, a) => {
  const selector = read16(cpu, a);
  if (isNullSelector(selector)) {
    setNullSegment(cpu, SegmentIndex.LDTR, selector);
    return HelperStatus.Continue;
  }
  const d = systemDescriptor(cpu, selector, [SystemType.Ldt]);
  const base = d && systemBase(cpu, d);
  if (d === undefined || base === undefined) return HelperStatus.Fault;
  setSegment(cpu, SegmentIndex.LDTR, selector, base, descriptorLimit(d), descriptorAttributes(d));
  return HelperStatus.Continue;
};

const loadTaskRegister: Helper = (cpu, a) => {
  const selector = read16(cpu, a);
  if (isNullSelector(selector)) return cpu.raise(Vector.GP, 0);
  const types = cpu.longMode ? [SystemType.Tss] : [SystemType.Tss, SystemType.Tss16];
  const d = systemDescriptor(cpu, selector, types);
  const base = d && systemBase(cpu, d);
  if (d === undefined || base === undefined) return HelperStatus.Fault;
  const busy = 1 << 1;
  if (!writeSystem(cpu, d.linear + 5n, 1, BigInt(((d.high >>> 8) & 0xff) | busy))) return HelperStatus.Fault;
  setSegment(cpu, SegmentIndex.TR, selector, base, descriptorLimit(d), descriptorAttributes(d) | busy);
  return HelperStatus.Continue;
};

const tables = [
  { base: StateOffset.gdtrBase, limit: StateOffset.gdtrLimit },
  { base: StateOffset.idtrBase, limit: StateOffset.idtrLimit },
] as const;

const loadTable: Helper = (cpu, a, _b, _c, _result, lo, hi) => {
  const segment = lo & 7;
  const bits = lo >>> 8;
  const offset = read64(cpu, a);
  const scratch = cpu.base + StateOffset.scratch;
  const bytes = bits === 64 ? 10 : 6;
  const status = cpu.loadSegmented(segment, low32(offset), high32(offset), bytes, 0, scratch);
  if (status !== HelperStatus.Continue) return status;
  const limit = cpu.view.getUint16(scratch, true);
  const wide = bits === 64 ? cpu.view.getBigUint64(scratch + 2, true) : BigInt(cpu.view.getUint32(scratch + 2, true));
  const base = bits === 24 ? wide & 0xff_ffffn : wide;
  if (bits === 64 && !isCanonicalAddress(cpu, base)) return cpu.raise(Vector.GP, 0);
  const table = tables[hi as 0 | 1];
  cpu.set64(table.base, base);
  cpu.set32(table.limit, limit);
  return HelperStatus.Continue;
};

const storeTable: Helper = (cpu, a, _b, _c, _result, lo, hi) => {
  const bits = lo >>> 8;
  const offset = read64(cpu, a);
  const scratch = cpu.base + StateOffset.scratch;
  const table = tables[hi as 0 | 1];
  cpu.view.setUint16(scratch, cpu.get32(table.limit), true);
  cpu.view.setBigUint64(scratch + 2, cpu.get64(table.base), true);
  return cpu.storeSegmented(lo & 7, low32(offset), high32(offset), bits === 64 ? 10 : 6, 0, scratch);
};

export const segmentHelpers = { readSelector, loadSegment, loadLdt, loadTaskRegister, loadTable, storeTable };
