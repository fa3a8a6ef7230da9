/** Hardware task switches (SDM vol. 3 §9.3): JMP, CALL, gates and IRET with NT. Not in long mode. */
import { MemoryFlag, Vector } from "x86-lift";
import { Cr0, Cr4, Rflags } from "../control-bits.ts";
import { Access, type Cpu } from "../cpu.ts";
import { HelperStatus } from "../helper.ts";
import { probeLinear } from "../mmu/linear.ts";
import { low32, readSystem16, readSystem32, writeSystem } from "../mmu/system-access.ts";
import { SegmentIndex, segmentAttributesOffset, segmentLimitOffset, segmentSelectorOffset } from "../segment.ts";
import { StateOffset } from "../state-layout.ts";
import { loadPdptes } from "../system/control-registers.ts";
import {
  type Descriptor,
  descriptorAttributes,
  descriptorBase,
  descriptorDpl,
  descriptorLimit,
  descriptorType,
  isCode,
  isConforming,
  isNullSelector,
  isPresent,
  isReadable,
  isSystem,
  isWritable,
  markAccessed,
  readDescriptor,
  SystemType,
  selectorError,
  selectorRpl,
  setNullSegment,
  setRealSegment,
  setSegment,
  setSegmentFromDescriptor,
} from "./descriptor.ts";
import { currentStack, pushFrame, setStackPointer } from "./stack-frame.ts";

export interface TaskSwitch {
  readonly kind: "jump" | "call" | "gate" | "return";
  /** EIP to save in the old task. */
  readonly returnRip: bigint;
  readonly flags: number;
  /** Pushed on the new task's stack. */
  readonly errorCode: number | undefined;
  /** EXT bit of error codes. */
  readonly external: number;
}

/** Where each field stands (SDM vol. 3, figures 8-2 and 8-10). */
interface Layout {
  readonly bytes: number;
  readonly limit: number;
  readonly cr3: number | undefined;
  readonly ip: number;
  readonly flags: number;
  readonly gpr: number;
  /** ES CS SS DS and, in 32-bit TSSs, FS GS. */
  readonly segments: number;
  readonly segmentCount: number;
  readonly ldt: number;
  readonly trap: number | undefined;
}

const layout32: Layout = {
  bytes: 4,
  limit: 103,
  cr3: 0x1c,
  ip: 0x20,
  flags: 0x24,
  gpr: 0x28,
  segments: 0x48,
  segmentCount: 6,
  ldt: 0x60,
  trap: 0x64,
};
const layout16: Layout = {
  bytes: 2,
  limit: 43,
  cr3: undefined,
  ip: 0x0e,
  flags: 0x10,
  gpr: 0x12,
  segments: 0x22,
  segmentCount: 4,
  ldt: 0x2a,
  trap: undefined,
};

const DR6_BT = 1 << 15;
const BUSY = 1 << 1;
const isBusy = (type: number): boolean => (type & BUSY) !== 0;
const is16 = (type: number): boolean => (type & 8) === 0;
const at = (base: bigint, offset: number): bigint => BigInt.asUintN(32, base + BigInt(offset));

/** What is read of the new task before anything changes. */
interface Image {
  cr3: number;
  ip: number;
  flags: number;
  gprs: number[];
  segments: number[];
  ldt: number;
  /** The T bit: a debug trap before the task's first instruction (SDM vol. 3 §19.3.1.5). */
  trap: boolean;
}

const read = (cpu: Cpu, linear: bigint, bytes: number): number | undefined =>
  bytes === 2 ? readSystem16(cpu, linear) : readSystem32(cpu, linear);

function readImage(cpu: Cpu, base: bigint, layout: Layout): Image | undefined {
  const { bytes } = layout;
  const offsets = [layout.ip, layout.flags, ...Array.from({ length: 8 }, (_, n) => layout.gpr + n * bytes)];
  const words: number[] = [];
  for (const offset of offsets) {
    const word = read(cpu, at(base, offset), bytes);
    if (word === undefined) return undefined;
    words.push(word);
  }
  const segments: number[] = [];
  for (let n = 0; n < 6; n++) {
    const selector = n < layout.segmentCount ? readSystem16(cpu, at(base, layout.segments + n * bytes)) : 0;
    if (selector === undefined) return undefined;
    segments.push(selector);
  }
  const ldt = readSystem16(cpu, at(base, layout.ldt));
  const cr3 = layout.cr3 === undefined ? 0 : readSystem32(cpu, at(base, layout.cr3));
  const trap = layout.trap === undefined ? 0 : readSystem16(cpu, at(base, layout.trap));
  if (ldt === undefined || cr3 === undefined || trap === undefined) return undefined;
  const [ip, flags, ...gprs] = words as [number, number, ...number[]];
  return { cr3, ip, flags, gprs, segments, ldt, trap: (trap & 1) !== 0 };
}

/** The outgoing state into the old TSS; it was probed. */
function saveTask(cpu: Cpu, base: bigint, layout: Layout, how: TaskSwitch): void {
  const { bytes } = layout;
  const put = (offset: number, value: bigint): void => void writeSystem(cpu, at(base, offset), bytes, value);
  const flags = how.kind === "return" ? how.flags & ~Rflags.NT : how.flags;
  put(layout.ip, how.returnRip);
  put(layout.flags, BigInt(flags >>> 0));
  for (let n = 0; n < 8; n++) put(layout.gpr + n * bytes, cpu.readGpr(n));
  for (let n = 0; n < layout.segmentCount; n++) {
    const selector = BigInt(cpu.get16(segmentSelectorOffset(n)));
    writeSystem(cpu, at(base, layout.segments + n * bytes), 2, selector);
  }
}

function setBusy(cpu: Cpu, d: Descriptor, busy: boolean): boolean {
  const byte = (d.high >>> 8) & 0xff;
  return writeSystem(cpu, at(d.linear, 5), 1, BigInt(busy ? byte | BUSY : byte & ~BUSY));
}

/** The incoming TSS; undefined: raised. selector comes from the far pointer, a task gate or the back link. */
function checkTss(cpu: Cpu, selector: number, how: TaskSwitch): Descriptor | undefined {
  const isReturn = how.kind === "return";
  const vector = isReturn ? Vector.TS : Vector.GP;
  const code = selectorError(selector) | how.external;
  const refuse = (which: number): undefined => {
    cpu.raise(which, code);
    return undefined;
  };
  if ((selector & 4) !== 0) return refuse(vector);
  const d = readDescriptor(cpu, selector);
  if (d === undefined) return undefined;
  const type = d === "missing" || !isSystem(d) ? 0 : descriptorType(d);
  const isTss = (type & ~(BUSY | 8)) === SystemType.Tss16;
  if (d === "missing" || !isTss || isBusy(type) !== isReturn) return refuse(vector);
  if (!isPresent(d)) return refuse(Vector.NP);
  const layout = is16(type) ? layout16 : layout32;
  if (descriptorLimit(d) < layout.limit) return refuse(Vector.TS);
  return d;
}

/** Switches; for `return` the selector is ignored, the back link decides. Sets RIP. */
export function switchTask(cpu: Cpu, selector: number, how: TaskSwitch): HelperStatus {
  const oldBase = BigInt.asUintN(32, cpu.get64(StateOffset.trBase));
  const oldSelector = cpu.get16(segmentSelectorOffset(SegmentIndex.TR));
  const oldType = cpu.get16(segmentAttributesOffset(SegmentIndex.TR)) & 0xf;
  let target = selector;
  if (how.kind === "return") {
    const link = readSystem16(cpu, oldBase);
    if (link === undefined) return HelperStatus.Fault;
    target = link;
  }
  const d = checkTss(cpu, target, how);
  if (d === undefined) return HelperStatus.Fault;

  const oldLayout = is16(oldType) ? layout16 : layout32;
  const layout = is16(descriptorType(d)) ? layout16 : layout32;
  const base = BigInt(descriptorBase(d));
  const probe = (linear: bigint, bytes: number): boolean =>
    probeLinear(cpu, low32(linear), 0, bytes, Access.Write, MemoryFlag.Supervisor) === HelperStatus.Continue;
  if (!probe(oldBase, oldLayout.limit + 1) || !probe(base, layout.limit + 1)) return HelperStatus.Fault;
  const image = readImage(cpu, base, layout);
  if (image === undefined) return HelperStatus.Fault;
  const isNested = how.kind === "call" || how.kind === "gate";
  if (!isNested) {
    const old = readDescriptor(cpu, oldSelector & ~4);
    if (old === undefined || (old !== "missing" && !setBusy(cpu, old, false))) return HelperStatus.Fault;
  }
  saveTask(cpu, oldBase, oldLayout, how);
  if (isNested) writeSystem(cpu, base, 2, BigInt(oldSelector));
  if (how.kind !== "return") setBusy(cpu, d, true);

  // From here on faults belong to the new task.
  setSegment(cpu, SegmentIndex.TR, target, base, descriptorLimit(d), descriptorAttributes(d) | BUSY);
  cpu.set32(StateOffset.cr0, cpu.cr0 | Cr0.TS);
  return enterTask(cpu, image, layout, how, isNested);
}

function enterTask(cpu: Cpu, image: Image, layout: Layout, how: TaskSwitch, isNested: boolean): HelperStatus {
  if (layout.cr3 !== undefined && (cpu.cr0 & Cr0.PG) !== 0) {
    const cr3 = BigInt(image.cr3);
    if ((cpu.cr4 & Cr4.PAE) !== 0 && !loadPdptes(cpu, cr3)) return cpu.raise(Vector.GP, 0);
    cpu.set64(StateOffset.cr3, cr3);
    cpu.tlb.flushNonGlobal();
  }
  const flags = layout.bytes === 2 ? image.flags & 0xffff : image.flags;
  cpu.writeRflags(isNested ? flags | Rflags.NT : flags);
  cpu.resumeFlagAt = (flags & Rflags.RF) !== 0 ? cpu.retired + 1 : -1;
  for (let n = 0; n < 8; n++) {
    const value = BigInt(image.gprs[n]!);
    cpu.writeGpr(n, layout.bytes === 2 ? (cpu.readGpr(n) & 0xffff_0000n) | value : value);
  }
  cpu.rip = BigInt(image.ip);
  for (let n = 0; n < 6; n++) setNullSegment(cpu, n, image.segments[n]!);
  const dr7 = StateOffset.dr + 7 * 8;
  // Local breakpoints belong to the old task.
  cpu.set32(dr7, cpu.get32(dr7) & ~0x155);

  const loaded = cpu.virtual8086 ? loadVirtual(cpu, image) : loadSegments(cpu, image, how.external);
  cpu.updateModeKey();
  if (loaded !== HelperStatus.Continue) return loaded;
  if (cpu.rip > BigInt(cpu.get32(segmentLimitOffset(SegmentIndex.CS)))) return cpu.raise(Vector.GP, how.external);
  if (how.errorCode !== undefined) {
    const stack = currentStack(cpu, how.external);
    const pointer = pushFrame(cpu, stack, layout.bytes, [BigInt(how.errorCode)]);
    if (pointer === undefined) return HelperStatus.Fault;
    setStackPointer(cpu, stack.bits, pointer);
  }
  if (image.trap) cpu.pendingDr6 |= DR6_BT;
  return HelperStatus.Continue;
}

function loadVirtual(cpu: Cpu, image: Image): HelperStatus {
  cpu.cpl = 3;
  for (let n = 0; n < 6; n++) setRealSegment(cpu, n, image.segments[n]!);
  return HelperStatus.Continue;
}

/** LDTR first, then CS (whose RPL is the CPL), SS and the rest; every failure is #TS but for absent segments. */
function loadSegments(cpu: Cpu, image: Image, external: number): HelperStatus {
  const fail = (vector: number, selector: number): HelperStatus =>
    cpu.raise(vector, selectorError(selector) | external);
  const { ES, CS, SS, DS, FS, GS, LDTR } = SegmentIndex;

  setNullSegment(cpu, LDTR, image.ldt);
  if (!isNullSelector(image.ldt)) {
    const d = (image.ldt & 4) !== 0 ? "missing" : readDescriptor(cpu, image.ldt);
    if (d === undefined) return HelperStatus.Fault;
    const isLdt = d !== "missing" && isSystem(d) && descriptorType(d) === SystemType.Ldt && isPresent(d);
    if (!isLdt) return fail(Vector.TS, image.ldt);
    setSegment(cpu, LDTR, image.ldt, BigInt(descriptorBase(d)), descriptorLimit(d), descriptorAttributes(d));
  }

  const selector = image.segments[CS]!;
  const cpl = selectorRpl(selector);
  if (isNullSelector(selector)) return fail(Vector.TS, selector);
  const code = readDescriptor(cpu, selector);
  if (code === undefined) return HelperStatus.Fault;
  if (code === "missing" || !isCode(code)) return fail(Vector.TS, selector);
  const dpl = descriptorDpl(code);
  if (isConforming(code) ? dpl > cpl : dpl !== cpl) return fail(Vector.TS, selector);
  if (!isPresent(code)) return fail(Vector.NP, selector);
  if (!markAccessed(cpu, code)) return HelperStatus.Fault;
  setSegmentFromDescriptor(cpu, CS, selector, code);
  cpu.cpl = cpl;

  for (const segment of [SS, ES, DS, FS, GS]) {
    const status = loadTaskSegment(cpu, segment, image.segments[segment]!, fail);
    if (status !== HelperStatus.Continue) return status;
  }
  return HelperStatus.Continue;
}

function loadTaskSegment(
  cpu: Cpu,
  segment: number,
  selector: number,
  fail: (vector: number, selector: number) => HelperStatus,
): HelperStatus {
  const isStack = segment === SegmentIndex.SS;
  if (isNullSelector(selector)) return isStack ? fail(Vector.TS, selector) : HelperStatus.Continue;
  const d = readDescriptor(cpu, selector);
  if (d === undefined) return HelperStatus.Fault;
  if (d === "missing" || isSystem(d)) return fail(Vector.TS, selector);
  const dpl = descriptorDpl(d);
  const { cpl } = cpu;
  const rpl = selectorRpl(selector);
  const anyLevel = isCode(d) && isConforming(d);
  const suits = isStack
    ? !isCode(d) && isWritable(d) && dpl === cpl && rpl === cpl
    : (!isCode(d) || isReadable(d)) && (anyLevel || (cpl <= dpl && rpl <= dpl));
  if (!suits) return fail(Vector.TS, selector);
  if (!isPresent(d)) return fail(isStack ? Vector.SS : Vector.NP, selector);
  if (!markAccessed(cpu, d)) return HelperStatus.Fault;
  setSegmentFromDescriptor(cpu, segment, selector, d);
  return HelperStatus.Continue;
}
