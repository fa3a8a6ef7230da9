/** Loads and stores at linear addresses: TLB, page walk, page crossings, MMIO and code pages. */
import { MemoryFlag, Vector } from "x86-lift";
import { Cr0, Cr4 } from "../control-bits.ts";
import { Access, type Cpu, TRANSLATE_EXIT, TRANSLATE_FAULT } from "../cpu.ts";
import { HelperStatus } from "../helper.ts";
import { PageFlag } from "../memory.ts";
import { TlbContext, TlbFlag } from "../tlb.ts";
import { matchDataBreakpoints, pageHasDataBreakpoint } from "./breakpoints.ts";
import { walkPages } from "./page-walk.ts";

const toBigint = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

/** Guest-physical address of one linear address, or −1 with #PF pending. Rights are checked, accessed and dirty bits set. */
export function linearToGpa(cpu: Cpu, low: number, high: number, access: Access, context: TlbContext): number {
  const { walk } = cpu;
  if ((cpu.cr0 & Cr0.PG) === 0) {
    walk.errorCode = -1;
    walk.isGlobal = false;
    walk.pageShift = 12;
    return low >>> 0;
  }
  walkPages(cpu, low, high, access, context);
  if (walk.errorCode < 0) return walk.gpa;
  cpu.raise(Vector.PF, walk.errorCode, toBigint(low, high));
  return -1;
}

/** An entry of a table for writing: guarded where code is, else the page's owner knows that nobody looks. page: host offset. */
export function installForWriting(
  cpu: Cpu,
  table: number,
  low: number,
  high: number,
  page: number,
  flags: number,
): void {
  const at = cpu.memory.pageFlagsOffset + (page >>> 12);
  const isCode = (cpu.u8[at]! & PageFlag.Code) !== 0;
  cpu.u8[at] = cpu.u8[at]! | PageFlag.Dirty | (isCode ? 0 : PageFlag.Writable);
  cpu.tlb.install(table, low, high, page, flags | (isCode ? TlbFlag.Guarded : 0));
}

/** Walks, and installs what may be installed. Host offset, TRANSLATE_FAULT, or TRANSLATE_EXIT: no memory there (`cpu.walk.gpa`). */
function walkAndInstall(cpu: Cpu, low: number, high: number, access: Access, context: TlbContext): number {
  const gpa = linearToGpa(cpu, low, high, access, context);
  if (gpa < 0) return TRANSLATE_FAULT;
  cpu.walk.gpa = gpa;
  const host = cpu.memory.hostOffset(gpa);
  if (host < 0) return TRANSLATE_EXIT;
  const { tlb } = cpu;
  const page = host - (host & 0xfff);
  const { pageShift } = cpu.walk;
  // Without CR4.PGE bit 8 of an entry means nothing (SDM vol. 3 §5.10.2.4).
  const isGlobal = cpu.walk.isGlobal && (cpu.cr4 & Cr4.PGE) !== 0;
  const size = pageShift === 12 ? 0 : pageShift === 30 ? TlbFlag.Huge : TlbFlag.Large;
  const flags = (isGlobal ? TlbFlag.Global : 0) | size;
  if (access === Access.Fetch) {
    tlb.install(tlb.fetchTable(context), low, high, page, flags);
    return host;
  }
  if (access === Access.Write && !cpu.memory.isWritable(gpa)) return TRANSLATE_EXIT;
  if (pageHasDataBreakpoint(cpu, low, high)) return host;
  tlb.install(tlb.readTable(context), low, high, page, flags);
  if (access === Access.Write) installForWriting(cpu, tlb.writeTable(context), low, high, page, flags);
  return host;
}

/** Host offset for bytes that lie in one page; no MMIO exit is recorded yet. */
function findHost(cpu: Cpu, low: number, high: number, access: Access, context: TlbContext): number {
  const { tlb } = cpu;
  const table =
    access === Access.Read
      ? tlb.readTable(context)
      : access === Access.Write
        ? tlb.writeTable(context)
        : tlb.fetchTable(context);
  const hit = access === Access.Write ? tlb.lookupGuarded(table, low, high) : tlb.lookup(table, low, high);
  return hit >= 0 ? hit : walkAndInstall(cpu, low, high, access, context);
}

const accessNames = ["read", "write", "fetch"] as const;

function mmioExit(cpu: Cpu, gpa: number, low: number, high: number, access: Access, size: number): void {
  const { exit } = cpu;
  exit.reason = "ept-violation";
  exit.instructionLength = 0;
  exit.guestPhysical = gpa;
  exit.guestLinear = toBigint(low, high);
  exit.access = accessNames[access];
  exit.accessSize = size;
}

export function translate(cpu: Cpu, low: number, high: number, access: Access, context: TlbContext): number {
  const host = findHost(cpu, low, high, access, context);
  if (host === TRANSLATE_EXIT) mmioExit(cpu, cpu.walk.gpa, low, high, access, 1);
  return host;
}

const contextFor = (cpu: Cpu, flags: number): TlbContext =>
  (flags & MemoryFlag.Supervisor) !== 0 ? TlbContext.Supervisor : cpu.dataContext;

const statusOf = (host: number): HelperStatus => (host === TRANSLATE_FAULT ? HelperStatus.Fault : HelperStatus.Exit);

/** The second page of an access that crosses: its first linear address, in `cpu.linearLow/High`. */
function stepToNextPage(cpu: Cpu, low: number, high: number): void {
  const next = ((low & ~0xfff) >>> 0) + 0x1000;
  cpu.linearLow = next | 0;
  const carry = next > 0xffff_ffff ? 1 : 0;
  cpu.linearHigh = cpu.code64 ? (high + carry) | 0 : 0;
}

/** flags: implicit supervisor accesses never wait for a device (see system-access.ts). */
function readMmio(
  cpu: Cpu,
  gpa: number,
  low: number,
  high: number,
  size: number,
  dest: number,
  flags: number,
): HelperStatus {
  if ((flags & MemoryFlag.Supervisor) !== 0) {
    cpu.u8.fill(0xff, dest, dest + size);
    return HelperStatus.Continue;
  }
  const data = cpu.replay.take(cpu.retired, gpa, size, false);
  if (data === undefined) {
    mmioExit(cpu, gpa, low, high, Access.Read, size);
    return HelperStatus.Exit;
  }
  cpu.u8.set(data, dest);
  return HelperStatus.Continue;
}

function writeMmio(
  cpu: Cpu,
  gpa: number,
  low: number,
  high: number,
  size: number,
  src: number,
  flags: number,
): HelperStatus {
  if ((flags & MemoryFlag.Supervisor) !== 0) return HelperStatus.Continue;
  if (cpu.replay.take(cpu.retired, gpa, size, true) !== undefined) return HelperStatus.Continue;
  mmioExit(cpu, gpa, low, high, Access.Write, size);
  cpu.exit.data.set(cpu.u8.subarray(src, src + size));
  return HelperStatus.Exit;
}

export function loadLinear(
  cpu: Cpu,
  low: number,
  high: number,
  bytes: number,
  flags: number,
  dest: number,
): HelperStatus {
  const context = contextFor(cpu, flags);
  const access =
    (flags & MemoryFlag.ForWrite) !== 0
      ? Access.Write
      : (flags & MemoryFlag.Execute) !== 0
        ? Access.Fetch
        : Access.Read;
  const first = Math.min(bytes, 0x1000 - (low & 0xfff));
  const host = findHost(cpu, low, high, access, context);
  if (host === TRANSLATE_FAULT) return HelperStatus.Fault;
  if (first === bytes) {
    if (host === TRANSLATE_EXIT) {
      const status = readMmio(cpu, cpu.walk.gpa, low, high, bytes, dest, flags);
      if (status !== HelperStatus.Continue) return status;
    } else {
      copy(cpu, host, dest, bytes);
    }
  } else {
    const firstGpa = cpu.walk.gpa;
    stepToNextPage(cpu, low, high);
    const { linearLow, linearHigh } = cpu;
    const second = findHost(cpu, linearLow, linearHigh, access, context);
    if (second === TRANSLATE_FAULT) return HelperStatus.Fault;
    const secondGpa = cpu.walk.gpa;
    if (host === TRANSLATE_EXIT) {
      const status = readMmio(cpu, firstGpa, low, high, first, dest, flags);
      if (status !== HelperStatus.Continue) return status;
    } else {
      copy(cpu, host, dest, first);
    }
    if (second === TRANSLATE_EXIT) {
      const status = readMmio(cpu, secondGpa, linearLow, linearHigh, bytes - first, dest + first, flags);
      if (status !== HelperStatus.Continue) return status;
    } else {
      copy(cpu, second, dest + first, bytes - first);
    }
  }
  if (access !== Access.Fetch) matchDataBreakpoints(cpu, low, high, bytes, false);
  return HelperStatus.Continue;
}

export function storeLinear(
  cpu: Cpu,
  low: number,
  high: number,
  bytes: number,
  flags: number,
  src: number,
): HelperStatus {
  const context = contextFor(cpu, flags);
  const first = Math.min(bytes, 0x1000 - (low & 0xfff));
  const host = findHost(cpu, low, high, Access.Write, context);
  if (host === TRANSLATE_FAULT) return HelperStatus.Fault;
  if (first === bytes) {
    if (host === TRANSLATE_EXIT) {
      const status = writeMmio(cpu, cpu.walk.gpa, low, high, bytes, src, flags);
      if (status !== HelperStatus.Continue) return status;
    } else {
      copy(cpu, src, host, bytes);
      if (cpu.wroteHost(host, bytes)) unguard(cpu, low, high, host, context);
    }
  } else {
    const firstGpa = cpu.walk.gpa;
    stepToNextPage(cpu, low, high);
    const { linearLow, linearHigh } = cpu;
    const second = findHost(cpu, linearLow, linearHigh, Access.Write, context);
    if (second === TRANSLATE_FAULT) return HelperStatus.Fault;
    // MMIO parts first: they may leave, and RAM must not have changed then.
    if (host === TRANSLATE_EXIT) {
      const status = writeMmio(cpu, firstGpa, low, high, first, src, flags);
      if (status !== HelperStatus.Continue) return status;
    }
    if (second === TRANSLATE_EXIT) {
      const status = writeMmio(cpu, cpu.walk.gpa, linearLow, linearHigh, bytes - first, src + first, flags);
      if (status !== HelperStatus.Continue) return status;
    } else {
      copy(cpu, src + first, second, bytes - first);
      cpu.wroteHost(second, bytes - first);
    }
    if (host !== TRANSLATE_EXIT) {
      copy(cpu, src, host, first);
      cpu.wroteHost(host, first);
    }
  }
  matchDataBreakpoints(cpu, low, high, bytes, true);
  return HelperStatus.Continue;
}

/** The page at `host` holds code no more: stores through this translation need not look. */
function unguard(cpu: Cpu, low: number, high: number, host: number, context: TlbContext): void {
  if (!cpu.tlb.unguard(cpu.tlb.writeTable(context), low, high)) return;
  const at = cpu.memory.pageFlagsOffset + (host >>> 12);
  cpu.u8[at] = cpu.u8[at]! | PageFlag.Writable;
}

/** Raises what an access of any length would raise, page by page. MMIO is no fault here. */
export function probeLinear(
  cpu: Cpu,
  low: number,
  high: number,
  bytes: number,
  access: Access,
  flags: number,
): HelperStatus {
  const context = contextFor(cpu, flags);
  let at = low;
  let atHigh = high;
  for (let left = bytes; left > 0; ) {
    if (findHost(cpu, at, atHigh, access, context) === TRANSLATE_FAULT) return statusOf(TRANSLATE_FAULT);
    left -= 0x1000 - (at & 0xfff);
    stepToNextPage(cpu, at, atHigh);
    at = cpu.linearLow;
    atHigh = cpu.linearHigh;
  }
  return HelperStatus.Continue;
}

function copy(cpu: Cpu, from: number, to: number, bytes: number): void {
  if (bytes === 8 && ((from | to) & 7) === 0) {
    const { i32 } = cpu;
    i32[to >>> 2] = i32[from >>> 2]!;
    i32[(to >>> 2) + 1] = i32[(from >>> 2) + 1]!;
    return;
  }
  const { u8 } = cpu;
  for (let n = 0; n < bytes; n++) u8[to + n] = u8[from + n]!;
}
