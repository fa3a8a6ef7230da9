/** Runs cases on a tier, with the same records in and out as oracle.c. */
import { createGuestMemory } from "guest-memory";
import type { Cpu } from "../../src/cpu.ts";
import { StateOffset } from "../../src/state-layout.ts";
import type { Tier } from "../../src/tier.ts";
import { createVcpu } from "../../src/vcpu.ts";
import { At, CODE_AT, CODE_PAGE, DATA_PAGE, PAGE, RECORD_BYTES, WINDOW_BYTES } from "./case-state.ts";

const MAX_STEPS = 200;
const PAGE_TABLES = 0x10_0000;
const TSS = 0x3f_0000;

const RIGHTS = { code64: 0xa0fb, code32: 0xc0fb, code16: 0x00fb, flat: 0xc0f3, data16: 0x00f3 } as const;
const UNUSABLE = 0x1_0000;

export interface Simulator {
  /** Runs the case in `record`; what became of it goes to `into`. A defect of ours (`unimplemented`) is trap 255. */
  run(record: Uint8Array, into: Uint8Array): void;
}

/** A processor in long mode, ring 3, with the two pages of a case mapped and every exception an exit. */
export function createSimulator(createTier: (cpu: Cpu) => Tier): Simulator {
  const memory = createGuestMemory({ arenaBytes: 1 << 24, ram: [{ base: 0, size: 1 << 22 }] });
  const vcpu = createVcpu({ memory, features: { has: (name) => name !== "pku" }, createTier });
  const { cpu } = vcpu;
  const table = (n: number): number => PAGE_TABLES + n * PAGE;
  for (let level = 0; level < 2; level++) memory.writeU64(table(level), BigInt(table(level + 1)) | 7n);
  // 0–2 MiB and 2–4 MiB, one table each; only the two pages are there.
  for (let n = 0; n < 2; n++) memory.writeU64(table(2) + 8 * n, BigInt(table(3 + n)) | 7n);
  for (const page of [CODE_PAGE, DATA_PAGE])
    memory.writeU64(table(3 + (page >>> 21)) + 8 * ((page >>> 12) & 511), BigInt(page) | 0x67n | (page === DATA_PAGE ? 1n << 63n : 0n));
  vcpu.writeControl("cr4", 0x1_0620n);
  vcpu.writeControl("cr3", BigInt(PAGE_TABLES));
  vcpu.writeControl("efer", 0xd01n);
  vcpu.writeControl("cr0", 0x8005_0033n);
  // A TSS without an I/O bitmap, where no case looks.
  memory.writeU64(table(3 + (TSS >>> 21)) + 8 * ((TSS >>> 12) & 511), BigInt(TSS) | 0x63n);
  memory.writeU16(TSS + 0x66, 0x68);
  vcpu.setSegment("tr", { selector: 0x40, base: BigInt(TSS), limit: 0x67, attributes: 0x8b });
  vcpu.exceptionBitmap = 0xffff_ffff;

  let mode = 0;
  const segments = (next: number): void => {
    if (next === mode) return;
    mode = next;
    const bits = next >>> 8;
    const data16 = { selector: 0x0f, base: BigInt(DATA_PAGE), limit: 0xffff, attributes: RIGHTS.data16 };
    const flat = { selector: 0x2b, base: 0n, limit: 0xffff_ffff, attributes: RIGHTS.flat };
    const user = bits === 16 || (next & 2) !== 0 ? data16 : flat;
    if (bits === 64) vcpu.setSegment("cs", { selector: 0x33, base: 0n, limit: 0xffff_ffff, attributes: RIGHTS.code64 });
    else if (bits === 32) vcpu.setSegment("cs", { selector: 0x23, base: 0n, limit: 0xffff_ffff, attributes: RIGHTS.code32 });
    else vcpu.setSegment("cs", { selector: 0x07, base: BigInt(CODE_PAGE), limit: 0xffff, attributes: RIGHTS.code16 });
    vcpu.setSegment("ss", bits === 16 ? data16 : flat);
    for (const name of ["ds", "es"] as const) vcpu.setSegment(name, user);
    for (const name of ["fs", "gs"] as const) vcpu.setSegment(name, { selector: 0, base: 0n, limit: 0, attributes: UNUSABLE });
    vcpu.cpl = 3;
    cpu.updateModeKey();
  };

  const lastCode = new Uint8Array(16);
  const page = cpu.u8.subarray(memory.hostOffset(DATA_PAGE), memory.hostOffset(DATA_PAGE) + PAGE);
  const before = Buffer.alloc(PAGE);
  const wide = (view: DataView): number => (view.getUint32(At.mode, true) === 64 ? 16 : 8);

  return {
    run(record, into) {
      const view = new DataView(record.buffer, record.byteOffset, RECORD_BYTES);
      const { u8, base } = cpu;
      const repeats = view.getUint32(At.repeats, true);
      segments((view.getUint32(At.mode, true) << 8) | (repeats & 2) | 1);
      const code = record.subarray(At.code, At.code + 16);
      if (Buffer.compare(code, lastCode) !== 0) {
        memory.write(CODE_PAGE + CODE_AT, code);
        lastCode.set(code);
      }
      u8.set(record.subarray(At.gpr, At.gpr + 128), base + StateOffset.gpr);
      u8.set(record.subarray(At.xmm, At.xmm + 256), base + StateOffset.xmm);
      const fsw = view.getUint16(At.fsw, true);
      const top = (fsw >> 11) & 7;
      const tags = record[At.tags]!;
      let ftw = 0;
      for (let r = 0; r < 8; r++) {
        if (((tags >> r) & 1) === 0) ftw |= 3 << (2 * r);
        const from = At.st + 16 * ((r - top) & 7);
        u8.set(record.subarray(from, from + 10), base + StateOffset.x87 + 16 * r);
      }
      cpu.set16(StateOffset.fcw, view.getUint16(At.fcw, true));
      cpu.set16(StateOffset.fsw, fsw);
      cpu.set16(StateOffset.ftw, ftw);
      cpu.set32(StateOffset.mxcsr, view.getUint32(At.mxcsr, true));
      cpu.writeRflags(view.getUint32(At.rflags, true) | 0x100);
      cpu.updateModeKey();
      cpu.pendingDr6 = 0;
      page.fill(0);
      for (let i = 0; i < 2; i++) {
        const at = view.getUint32(At.windows + 8 * i, true);
        const length = view.getUint32(At.windows + 8 * i + 4, true);
        const from = At.bytes + i * WINDOW_BYTES;
        if (length > 0) page.set(record.subarray(from, from + length), at);
      }
      before.set(page);

      const start = view.getUint32(At.rip, true);
      cpu.set64(StateOffset.rip, BigInt(start));
      let trap = -1;
      let error = 0;
      let cr2 = 0n;
      for (let step = 0; ; step++) {
        const exit = vcpu.run(1);
        cpu.pendingDr6 = 0;
        if (exit.reason === "exception") {
          trap = exit.vector;
          error = exit.errorCode ?? 0;
          cr2 = trap === 14 ? exit.faultAddress : 0n;
          if (trap === 3 || trap === 4) cpu.moveRip(exit.instructionLength);
        } else if (exit.reason !== "budget") trap = 255;
        if (trap >= 0 || (repeats & 1) === 0 || cpu.get32(StateOffset.rip) !== start || step >= MAX_STEPS) break;
      }

      into.set(record.subarray(0, At.bytes));
      const out = new DataView(into.buffer, into.byteOffset, RECORD_BYTES);
      const registers = wide(view);
      into.set(u8.subarray(base + StateOffset.gpr, base + StateOffset.gpr + 8 * registers), At.gpr);
      out.setBigUint64(At.rip, cpu.rip, true);
      out.setUint32(At.rflags, cpu.readRflags() & ~0x1_0100, true);
      out.setInt32(At.trap, trap, true);
      out.setUint32(At.error, error, true);
      out.setBigUint64(At.cr2, cr2, true);
      const after = cpu.get16(StateOffset.fsw);
      out.setUint16(At.fcw, cpu.get16(StateOffset.fcw), true);
      out.setUint16(At.fsw, after, true);
      out.setUint32(At.mxcsr, cpu.get32(StateOffset.mxcsr), true);
      const ftwAfter = cpu.get16(StateOffset.ftw);
      let abridged = 0;
      const topAfter = (after >> 11) & 7;
      for (let r = 0; r < 8; r++) {
        if (((ftwAfter >> (2 * r)) & 3) !== 3) abridged |= 1 << r;
        const at = At.st + 16 * ((r - topAfter) & 7);
        into.fill(0, at, at + 16);
        into.set(u8.subarray(base + StateOffset.x87 + 16 * r, base + StateOffset.x87 + 16 * r + 10), at);
      }
      into[At.tags] = abridged;
      into.set(u8.subarray(base + StateOffset.xmm, base + StateOffset.xmm + 256), At.xmm);
      out.setUint32(At.windows, 0, true);
      out.setUint32(At.windows + 4, 0, true);
      out.setUint32(At.windows + 12, 0, true);
      out.setUint32(At.stray, 0, true);
      if (before.compare(page) !== 0) {
        let low = 0;
        let high = PAGE;
        while (before[low] === page[low]) low++;
        while (before[high - 1] === page[high - 1]) high--;
        out.setUint32(At.windows, low, true);
        if (high - low > 2 * WINDOW_BYTES) out.setUint32(At.stray, 1, true);
        else {
          out.setUint32(At.windows + 4, high - low, true);
          into.set(page.subarray(low, high), At.bytes);
        }
      }
    },
  };
}
