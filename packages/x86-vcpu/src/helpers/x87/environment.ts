/**
 * FNSTENV, FLDENV, FNSAVE, FRSTOR. Layouts: Intel SDM vol. 1 figures 8-9 (protected, 32 bits), 8-10 (real, 32),
 * 8-11 (protected, 16) and 8-12 (real, 16).
 */
import { MemoryFlag, Vector } from "x86-lift";
import type { Cpu } from "../../cpu.ts";
import { type Helper, HelperStatus } from "../../helper.ts";
import { modeKeyHas } from "../../mode-key.ts";
import { StateOffset } from "../../state-layout.ts";
import { initialize, loadControl } from "./control.ts";
import { checkPending, FSW_ES } from "./pending.ts";
import { FSW_B, topOf, updateSummary } from "./register-stack.ts";
import { fullTagWord, loadTagWord } from "./tags.ts";

const REGISTER_BYTES = 10;
const MAX_BYTES = 28 + 8 * REGISTER_BYTES;

/** Protected-mode layouts hold selectors, the others linear addresses. */
const isReal = (cpu: Cpu): boolean => !cpu.protectedMode || cpu.virtual8086;
const pointer = (cpu: Cpu, offset: number): number => cpu.get32(offset);
const linear = (cpu: Cpu, selector: number, offset: number): number =>
  (cpu.get16(selector) * 16 + pointer(cpu, offset)) >>> 0;

function writeEnvironment(cpu: Cpu, view: DataView, wide: boolean): void {
  const words = [cpu.get16(StateOffset.fcw), cpu.get16(StateOffset.fsw), fullTagWord(cpu)];
  const fop = cpu.get16(StateOffset.fop) & 0x7ff;
  const real = isReal(cpu);
  const ip = real ? linear(cpu, StateOffset.fcs, StateOffset.fip) : pointer(cpu, StateOffset.fip);
  const dp = real ? linear(cpu, StateOffset.fds, StateOffset.fdp) : pointer(cpu, StateOffset.fdp);
  const fcs = cpu.get16(StateOffset.fcs);
  const fds = cpu.get16(StateOffset.fds);
  if (wide) {
    // Reserved upper halves read as ones.
    for (const [i, word] of words.entries()) view.setUint32(i * 4, (word | 0xffff_0000) >>> 0, true);
    view.setUint32(12, real ? (ip | 0xffff_0000) >>> 0 : ip, true);
    view.setUint32(16, real ? ((ip >>> 16) << 12) | fop : (fcs | (fop << 16)) >>> 0, true);
    view.setUint32(20, real ? (dp | 0xffff_0000) >>> 0 : dp, true);
    view.setUint32(24, real ? (dp >>> 16) << 12 : (fds | 0xffff_0000) >>> 0, true);
  } else {
    for (const [i, word] of words.entries()) view.setUint16(i * 2, word, true);
    view.setUint16(6, ip & 0xffff, true);
    view.setUint16(8, real ? ((ip >>> 4) & 0xf000) | fop : fcs, true);
    view.setUint16(10, dp & 0xffff, true);
    view.setUint16(12, real ? (dp >>> 4) & 0xf000 : fds, true);
  }
}

function readEnvironment(cpu: Cpu, view: DataView, wide: boolean): void {
  const word = (i: number): number => (wide ? view.getUint16(i * 4, true) : view.getUint16(i * 2, true));
  const real = isReal(cpu);
  loadControl(cpu, word(0));
  cpu.set16(StateOffset.fsw, word(1));
  loadTagWord(cpu, word(2));
  let ip = wide ? view.getUint32(12, true) : word(3);
  let dp = wide ? view.getUint32(20, true) : word(5);
  if (real) {
    // The high part of a linear address lies in bits 27:12 (bits 15:12) of the word after the low part.
    const ipAbove = wide ? (view.getUint32(16, true) >>> 12) & 0xffff : word(4) >>> 12;
    const dpAbove = wide ? (view.getUint32(24, true) >>> 12) & 0xffff : word(6) >>> 12;
    ip = ((ip & 0xffff) | (ipAbove << 16)) >>> 0;
    dp = ((dp & 0xffff) | (dpAbove << 16)) >>> 0;
    cpu.set16(StateOffset.fop, word(4) & 0x7ff);
  } else if (wide) cpu.set16(StateOffset.fop, view.getUint16(18, true) & 0x7ff);
  cpu.set16(StateOffset.fcs, real ? 0 : word(4));
  cpu.set16(StateOffset.fds, real ? 0 : word(6));
  cpu.set64(StateOffset.fip, BigInt(ip));
  cpu.set64(StateOffset.fdp, BigInt(dp));
  updateSummary(cpu);
}

/**
 * Moves `bytes` between memory at segment:ea and `buffer`, 16 at a time through the state's scratch. unit: its
 * alignment, if that is checked (SDM vol. 3, table 7-7).
 */
function transfer(
  cpu: Cpu,
  ea: number,
  segment: number,
  buffer: Uint8Array,
  bytes: number,
  unit: 2 | 4,
  write: boolean,
): HelperStatus {
  const checked = cpu.toLinear(segment, cpu.i32[ea >>> 2]!, cpu.i32[(ea >>> 2) + 1]!, bytes, 0, write);
  if (checked !== HelperStatus.Continue) return checked;
  if ((cpu.linearLow & (unit - 1)) !== 0 && modeKeyHas(cpu.modeKey, "alignmentCheck")) return cpu.raise(Vector.AC, 0);
  const scratch = cpu.base + StateOffset.scratch;
  const start = (BigInt(cpu.linearHigh >>> 0) << 32n) | BigInt(cpu.linearLow >>> 0);
  if (write && (cpu.linearLow & 0xfff) + bytes > 0x1000) {
    // The second page faults before anything is in the first.
    const next = BigInt.asUintN(cpu.code64 ? 64 : 32, (start | 0xfffn) + 1n);
    const status = cpu.loadLinear(
      Number(next & 0xffff_ffffn) | 0,
      Number(next >> 32n) | 0,
      1,
      MemoryFlag.ForWrite,
      scratch,
    );
    if (status !== HelperStatus.Continue) return status;
  }
  for (let at = 0; at < bytes; at += 16) {
    const size = Math.min(16, bytes - at);
    const address = BigInt.asUintN(cpu.code64 ? 64 : 32, start + BigInt(at));
    const low = Number(address & 0xffff_ffffn) | 0;
    const high = Number(address >> 32n) | 0;
    if (write) cpu.u8.set(buffer.subarray(at, at + size), scratch);
    const status = write ? cpu.storeLinear(low, high, size, 0, scratch) : cpu.loadLinear(low, high, size, 0, scratch);
    if (status !== HelperStatus.Continue) return status;
    if (!write) buffer.set(cpu.u8.subarray(scratch, scratch + size), at);
  }
  return HelperStatus.Continue;
}

/** Byte offset of ST(i) with TOP as it is now. */
const registerAt = (cpu: Cpu, i: number): number => cpu.base + StateOffset.x87 + ((topOf(cpu) + i) & 7) * 16;

export const environment = {
  x87StoreEnvironment: (cpu, ea, _b, _c, _r, lo, segment) => {
    const wide = (lo & 1) !== 0;
    const registers = (lo & 2) !== 0;
    const size = wide ? 28 : 14;
    const buffer = new Uint8Array(MAX_BYTES);
    writeEnvironment(cpu, new DataView(buffer.buffer), wide);
    if (registers)
      for (let i = 0; i < 8; i++) {
        const from = registerAt(cpu, i);
        buffer.set(cpu.u8.subarray(from, from + REGISTER_BYTES), size + i * REGISTER_BYTES);
      }
    const status = transfer(cpu, ea, segment, buffer, registers ? size + 8 * REGISTER_BYTES : size, wide ? 4 : 2, true);
    if (status !== HelperStatus.Continue) return status;
    if (registers) initialize(cpu);
    else {
      cpu.set16(StateOffset.fcw, cpu.get16(StateOffset.fcw) | 0x3f);
      cpu.set16(StateOffset.fsw, cpu.get16(StateOffset.fsw) & ~(FSW_ES | FSW_B));
    }
    return status;
  },
  x87LoadEnvironment: (cpu, ea, _b, _c, _r, lo, segment) => {
    const pending = checkPending(cpu);
    if (pending !== HelperStatus.Continue) return pending;
    const wide = (lo & 1) !== 0;
    const registers = (lo & 2) !== 0;
    const size = wide ? 28 : 14;
    const buffer = new Uint8Array(MAX_BYTES);
    const status = transfer(
      cpu,
      ea,
      segment,
      buffer,
      registers ? size + 8 * REGISTER_BYTES : size,
      wide ? 4 : 2,
      false,
    );
    if (status !== HelperStatus.Continue) return status;
    readEnvironment(cpu, new DataView(buffer.buffer), wide);
    if (registers)
      for (let i = 0; i < 8; i++) {
        const at = size + i * REGISTER_BYTES;
        cpu.u8.set(buffer.subarray(at, at + REGISTER_BYTES), registerAt(cpu, i));
      }
    return status;
  },
} as const satisfies Record<string, Helper>;
