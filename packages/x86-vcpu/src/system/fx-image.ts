/** The 512-byte image of x87, MXCSR and XMM state that FXSAVE writes (SDM vol. 1, tables 10-2 and 10-3). */
import type { Cpu } from "../cpu.ts";
import { loadControl } from "../helpers/x87/control.ts";
import { updateSummary } from "../helpers/x87/register-stack.ts";
import { abridgedTagWord, loadAbridgedTagWord } from "../helpers/x87/tags.ts";
import { StateOffset } from "../state-layout.ts";

export const FX_IMAGE_BYTES = 512;
/** DAZ exists. */
export const MXCSR_MASK = 0xffff;

const ST = 32;
const XMM = 160;

const physical = (cpu: Cpu, n: number): number => ((cpu.get16(StateOffset.fsw) >>> 11) + n) & 7;

/** x87 part: everything but MXCSR and XMM. wide: 64-bit pointers instead of 32-bit ones with selectors. */
export function storeX87Image(cpu: Cpu, at: number, wide: boolean): void {
  const { view, u8 } = cpu;
  view.setUint16(at, cpu.get16(StateOffset.fcw), true);
  view.setUint16(at + 2, cpu.get16(StateOffset.fsw), true);
  view.setUint16(at + 4, abridgedTagWord(cpu), true);
  view.setUint16(at + 6, cpu.get16(StateOffset.fop), true);
  view.setBigUint64(at + 8, cpu.get64(StateOffset.fip), true);
  view.setBigUint64(at + 16, cpu.get64(StateOffset.fdp), true);
  if (!wide) {
    view.setUint32(at + 12, cpu.get16(StateOffset.fcs), true);
    view.setUint32(at + 20, cpu.get16(StateOffset.fds), true);
  }
  for (let n = 0; n < 8; n++) {
    const from = cpu.base + StateOffset.x87 + physical(cpu, n) * 16;
    u8.copyWithin(at + ST + n * 16, from, from + 10);
    u8.fill(0, at + ST + n * 16 + 10, at + ST + n * 16 + 16);
  }
}

export function loadX87Image(cpu: Cpu, at: number, wide: boolean): void {
  const { view, u8 } = cpu;
  loadControl(cpu, view.getUint16(at, true));
  cpu.set16(StateOffset.fsw, view.getUint16(at + 2, true));
  updateSummary(cpu);
  cpu.set16(StateOffset.fop, view.getUint16(at + 6, true) & 0x7ff);
  const ip = view.getBigUint64(at + 8, true);
  const dp = view.getBigUint64(at + 16, true);
  cpu.set64(StateOffset.fip, wide ? ip : BigInt.asUintN(32, ip));
  cpu.set64(StateOffset.fdp, wide ? dp : BigInt.asUintN(32, dp));
  cpu.set16(StateOffset.fcs, wide ? 0 : view.getUint16(at + 12, true));
  cpu.set16(StateOffset.fds, wide ? 0 : view.getUint16(at + 20, true));
  for (let n = 0; n < 8; n++) {
    const to = cpu.base + StateOffset.x87 + physical(cpu, n) * 16;
    u8.copyWithin(to, at + ST + n * 16, at + ST + n * 16 + 10);
    u8.fill(0, to + 10, to + 16);
  }
  loadAbridgedTagWord(cpu, view.getUint8(at + 4));
}

/** The state after FNINIT, with registers cleared (SDM vol. 1 §13.6). */
export function initX87(cpu: Cpu): void {
  cpu.u8.fill(0, cpu.base + StateOffset.x87, cpu.base + StateOffset.fcw);
  cpu.set16(StateOffset.fcw, 0x37f);
  cpu.set16(StateOffset.fsw, 0);
  cpu.set16(StateOffset.ftw, 0xffff);
  cpu.set16(StateOffset.fop, 0);
  cpu.set64(StateOffset.fip, 0n);
  cpu.set64(StateOffset.fdp, 0n);
  cpu.set16(StateOffset.fcs, 0);
  cpu.set16(StateOffset.fds, 0);
}

export function storeMxcsr(cpu: Cpu, at: number): void {
  cpu.view.setUint32(at + 24, cpu.get32(StateOffset.mxcsr), true);
  cpu.view.setUint32(at + 28, MXCSR_MASK, true);
}

/** XMM0–7, in 64-bit code XMM0–15; `all`: these in any mode. */
export function storeXmm(cpu: Cpu, at: number, all: boolean = cpu.code64): void {
  const from = cpu.base + StateOffset.xmm;
  cpu.u8.copyWithin(at + XMM, from, from + (all ? 256 : 128));
}

export function loadXmm(cpu: Cpu, at: number, all: boolean = cpu.code64): void {
  cpu.u8.copyWithin(cpu.base + StateOffset.xmm, at + XMM, at + XMM + (all ? 256 : 128));
}

export function initXmm(cpu: Cpu): void {
  const at = cpu.base + StateOffset.xmm;
  cpu.u8.fill(0, at, at + (cpu.code64 ? 256 : 128));
}
