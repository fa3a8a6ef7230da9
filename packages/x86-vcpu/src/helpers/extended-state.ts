/** FXSAVE, FXRSTOR and the XSAVE family for x87 and SSE state (SDM vol. 1 chapter 13; vol. 2). */
import { Vector } from "x86-lift";
import { Access, type Cpu } from "../cpu.ts";
import { type Helper, HelperStatus } from "../helper.ts";
import { probeLinear } from "../mmu/linear.ts";
import { high32, low32 } from "../mmu/system-access.ts";
import { StateOffset } from "../state-layout.ts";
import {
  FX_IMAGE_BYTES,
  initX87,
  initXmm,
  loadX87Image,
  loadXmm,
  MXCSR_MASK,
  storeMxcsr,
  storeX87Image,
  storeXmm,
} from "../system/fx-image.ts";
import { read64 } from "./operands.ts";

const HEADER = FX_IMAGE_BYTES;
const XSAVE_BYTES = FX_IMAGE_BYTES + 64;
const X87 = 1;
const SSE = 2;
const COMPACT = 1n << 63n;

/** segment:offset to `cpu.linearLow/High`, aligned and accessible as a whole; nothing has moved yet. */
function locate(cpu: Cpu, a: number, segment: number, bytes: number, align: number, access: Access): HelperStatus {
  const offset = read64(cpu, a);
  const isWrite = access === Access.Write;
  const status = cpu.toLinear(segment, low32(offset), high32(offset), bytes, 0, isWrite);
  if (status !== HelperStatus.Continue) return status;
  const { linearLow, linearHigh } = cpu;
  if ((linearLow & (align - 1)) !== 0) return cpu.raise(Vector.GP, 0);
  const probed = probeLinear(cpu, linearLow, linearHigh, bytes, access, 0);
  cpu.linearLow = linearLow;
  cpu.linearHigh = linearHigh;
  return probed;
}

/** Moves the image in pieces of 16 bytes, which never cross a page. */
function transfer(cpu: Cpu, from: number, to: number, write: boolean): HelperStatus {
  const { linearLow, linearHigh, image } = cpu;
  for (let at = from; at < to; at += 16) {
    const sum = (linearLow >>> 0) + at;
    const high = sum > 0xffff_ffff ? (linearHigh + 1) | 0 : linearHigh;
    const status = write
      ? cpu.storeLinear(sum | 0, high, 16, 0, image + at)
      : cpu.loadLinear(sum | 0, high, 16, 0, image + at);
    if (status !== HelperStatus.Continue) return status;
  }
  cpu.linearLow = linearLow;
  cpu.linearHigh = linearHigh;
  return HelperStatus.Continue;
}

const isWide = (lo: number): boolean => lo >>> 8 !== 0;

const fxsave: Helper = (cpu, a, _b, _c, _result, lo) => {
  const status = locate(cpu, a, lo & 7, FX_IMAGE_BYTES, 16, Access.Write);
  if (status !== HelperStatus.Continue) return status;
  // What FXSAVE does not write stays as it is in memory.
  const { linearLow, linearHigh } = cpu;
  const old = transfer(cpu, 0, FX_IMAGE_BYTES, false);
  if (old !== HelperStatus.Continue) return old;
  cpu.linearLow = linearLow;
  cpu.linearHigh = linearHigh;
  storeX87Image(cpu, cpu.image, isWide(lo));
  storeMxcsr(cpu, cpu.image);
  storeXmm(cpu, cpu.image);
  return transfer(cpu, 0, FX_IMAGE_BYTES, true);
};

const badMxcsr = (cpu: Cpu): boolean => (cpu.view.getUint32(cpu.image + 24, true) & ~MXCSR_MASK) !== 0;

function takeMxcsr(cpu: Cpu): void {
  cpu.set32(StateOffset.mxcsr, cpu.view.getUint32(cpu.image + 24, true));
}

const fxrstor: Helper = (cpu, a, _b, _c, _result, lo) => {
  const status = locate(cpu, a, lo & 7, FX_IMAGE_BYTES, 16, Access.Read);
  if (status !== HelperStatus.Continue) return status;
  const loaded = transfer(cpu, 0, FX_IMAGE_BYTES, false);
  if (loaded !== HelperStatus.Continue) return loaded;
  if (badMxcsr(cpu)) return cpu.raise(Vector.GP, 0);
  loadX87Image(cpu, cpu.image, isWide(lo));
  takeMxcsr(cpu);
  loadXmm(cpu, cpu.image);
  return HelperStatus.Continue;
};

/** XCR0 AND EDX:EAX; only x87 and SSE state exist. */
const requested = (cpu: Cpu): number =>
  Number(cpu.get64(StateOffset.xcr0) & 0xffff_ffffn) & cpu.get32(StateOffset.gpr) & (X87 | SSE);

const Form = { Standard: 0, Optimised: 1, Compact: 2, Supervisor: 3 } as const;

const xsave: Helper = (cpu, a, _b, _c, _result, lo, hi) => {
  const status = locate(cpu, a, lo & 7, XSAVE_BYTES, 64, Access.Write);
  if (status !== HelperStatus.Continue) return status;
  const old = transfer(cpu, 0, XSAVE_BYTES, false);
  if (old !== HelperStatus.Continue) return old;
  const { image, view } = cpu;
  const components = requested(cpu);
  // Both components count as in use, which the manual allows.
  if ((components & X87) !== 0) storeX87Image(cpu, image, isWide(lo));
  if ((components & SSE) !== 0) {
    storeMxcsr(cpu, image);
    storeXmm(cpu, image);
  }
  const isCompact = hi === Form.Compact || hi === Form.Supervisor;
  const kept = isCompact ? 0n : view.getBigUint64(image + HEADER, true) & ~BigInt(components);
  view.setBigUint64(image + HEADER, kept | BigInt(components), true);
  if (isCompact) view.setBigUint64(image + HEADER + 8, COMPACT | BigInt(components), true);
  return transfer(cpu, 0, XSAVE_BYTES, true);
};

const xrstor: Helper = (cpu, a, _b, _c, _result, lo, hi) => {
  const status = locate(cpu, a, lo & 7, XSAVE_BYTES, 64, Access.Read);
  if (status !== HelperStatus.Continue) return status;
  const loaded = transfer(cpu, 0, XSAVE_BYTES, false);
  if (loaded !== HelperStatus.Continue) return loaded;
  const { image, view } = cpu;
  const components = requested(cpu);
  const present = view.getBigUint64(image + HEADER, true);
  const compact = view.getBigUint64(image + HEADER + 8, true);
  const isCompact = (compact & COMPACT) !== 0n;
  const allowed = isCompact ? compact & ~COMPACT : cpu.get64(StateOffset.xcr0);
  const badForm = isCompact
    ? (allowed & ~cpu.get64(StateOffset.xcr0)) !== 0n || !cpu.features.has("xsavec")
    : compact !== 0n || hi === Form.Supervisor;
  // The standard form looks at bytes 8–23 of the header only (SDM vol. 1 §13.8.1), the compacted one at all (§13.8.2).
  const checkedTo = isCompact ? 64 : 24;
  let rest = 0n;
  for (let at = 16; at < checkedTo; at += 8) rest |= view.getBigUint64(image + HEADER + at, true);
  if (badForm || rest !== 0n || (present & ~allowed) !== 0n) return cpu.raise(Vector.GP, 0);
  const has = (component: number): boolean => (present & BigInt(component)) !== 0n;
  const takesMxcsr = (components & SSE) !== 0 && (!isCompact || has(SSE));
  if (takesMxcsr && badMxcsr(cpu)) return cpu.raise(Vector.GP, 0);

  if ((components & X87) !== 0) {
    if (has(X87)) loadX87Image(cpu, image, isWide(lo));
    else initX87(cpu);
  }
  if ((components & SSE) !== 0) {
    if (has(SSE)) loadXmm(cpu, image);
    else initXmm(cpu);
    if (takesMxcsr) takeMxcsr(cpu);
    else cpu.set32(StateOffset.mxcsr, 0x1f80);
  }
  return HelperStatus.Continue;
};

export const extendedStateHelpers = { fxsave, fxrstor, xsave, xrstor };
