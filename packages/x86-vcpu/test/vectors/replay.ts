/** Replays vector files on a vCPU and tells where it differs from the processor that wrote them. */
import { readFileSync } from "node:fs";
import { createGuestMemory } from "guest-memory";
import { SegmentAttribute } from "../../src/segment.ts";
import { StateOffset } from "../../src/state-layout.ts";
import type { Tier } from "../../src/tier.ts";
import type { Cpu } from "../../src/cpu.ts";
import { createVcpu } from "../../src/vcpu.ts";
import { type CaseState, Drawer } from "./draw.ts";

/** Where other vectors lie (see README.md). */
const directory = process.env.VECTORS;

const CODE = 0x10_0000;
const DATA = 0x11_0000;

/** What a vector line says: names as generate.c prints them, `#` for the exception vector. */
type Outcome = ReadonlyMap<string, string>;

export interface Mismatch {
  readonly form: string;
  readonly case: number;
  readonly expected: string;
  readonly actual: string;
  readonly start: string;
}

export interface ReplayOptions {
  readonly createTier?: (cpu: Cpu) => Tier;
  /** Are the two values of this register close enough? Default: equal. */
  readonly tolerates?: (name: string, expected: string, actual: string) => boolean;
}

const hex = (bytes: Uint8Array): string =>
  [...bytes]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");

/** A processor in 64-bit mode, ring 0, flat, the first 2 MiB mapped to themselves, every exception an exit. */
export function createReplayer(options: ReplayOptions = {}) {
  const memory = createGuestMemory({ arenaBytes: 1 << 24, ram: [{ base: 0, size: 1 << 21 }] });
  const vcpu = createVcpu({
    memory,
    features: { has: () => true },
    ...(options.createTier === undefined ? {} : { createTier: options.createTier }),
  });
  const { cpu } = vcpu;
  memory.writeU64(0x1000, 0x2003n);
  memory.writeU64(0x2000, 0x3003n);
  memory.writeU64(0x3000, 0x83n);
  cpu.set64(StateOffset.cr3, 0x1000n);
  cpu.set64(StateOffset.cr4, 0x6a0n);
  cpu.set64(StateOffset.efer, 0x500n);
  cpu.set64(StateOffset.cr0, 0x8000_0033n);
  const { Present, CodeOrData, Code, Readable, Accessed, Long } = SegmentAttribute;
  vcpu.setSegment("cs", { selector: 8, base: 0n, limit: 0xffff_ffff, attributes: Present | CodeOrData | Code | Readable | Accessed | Long });
  cpu.updateModeKey();
  vcpu.exceptionBitmap = 0xffff_ffff;

  const load = (state: CaseState): void => {
    const view = new DataView(state.fx.buffer);
    cpu.set16(StateOffset.fcw, view.getUint16(0, true));
    cpu.set16(StateOffset.fsw, view.getUint16(2, true));
    cpu.set32(StateOffset.mxcsr, view.getUint32(24, true));
    const top = (state.fx[3]! >> 3) & 7;
    let ftw = 0;
    for (let r = 0; r < 8; r++) {
      if (((state.fx[4]! >> r) & 1) === 0) ftw |= 3 << (2 * r);
      cpu.u8.set(state.fx.subarray(32 + 16 * ((r - top) & 7), 42 + 16 * ((r - top) & 7)), cpu.base + StateOffset.x87 + 16 * r);
    }
    cpu.set16(StateOffset.ftw, ftw);
    cpu.u8.set(state.fx.subarray(160, 208), cpu.base + StateOffset.xmm);
    for (let i = 0; i < 3; i++) cpu.writeGpr(i, state.gpr[i]!);
    cpu.writeGpr(7, BigInt(DATA));
    cpu.writeRflags(state.rflags);
    memory.write(DATA, state.memory);
  };

  const snapshot = (): Map<string, string> => {
    const at = (offset: number, bytes: number): string => hex(cpu.u8.subarray(cpu.base + offset, cpu.base + offset + bytes));
    const result = new Map<string, string>();
    result.set("fcw", at(StateOffset.fcw, 2));
    result.set("fsw", at(StateOffset.fsw, 2));
    let tags = 0;
    for (let r = 0; r < 8; r++) if (((cpu.get16(StateOffset.ftw) >> (2 * r)) & 3) !== 3) tags |= 1 << r;
    result.set("tags", tags.toString(16).padStart(2, "0"));
    result.set("mxcsr", at(StateOffset.mxcsr, 4));
    for (let r = 0; r < 8; r++) result.set(`r${r}`, at(StateOffset.x87 + 16 * r, 10));
    for (let i = 0; i < 3; i++) result.set(`xmm${i}`, at(StateOffset.xmm + 16 * i, 16));
    for (const [i, name] of ["rax", "rcx", "rdx"].entries()) result.set(name, cpu.readGpr(i).toString(16).padStart(16, "0"));
    result.set("flags", (cpu.readRflags() & 0x8d5).toString(16).padStart(4, "0"));
    for (let i = 0; i < 64; i += 16) result.set(`m${i}`, hex(memory.read(DATA + i, 16)));
    return result;
  };

  /** Runs one case; what changed, in the generator's words. */
  const run = (bytes: Uint8Array, state: CaseState): { readonly changed: Outcome; readonly start: Outcome } => {
    load(state);
    memory.write(CODE, bytes);
    vcpu.rip = BigInt(CODE);
    const start = snapshot();
    const exit = vcpu.run(1);
    const changed = new Map<string, string>();
    if (exit.reason === "exception") changed.set("#", String(exit.vector));
    else if (exit.reason !== "budget") changed.set("#", `${exit.reason} ${exit.text}`);
    else if (vcpu.rip !== BigInt(CODE + bytes.length)) changed.set("#", `rip ${vcpu.rip.toString(16)}`);
    for (const [name, value] of snapshot()) if (value !== start.get(name)) changed.set(name, value);
    return { changed, start };
  };

  const differs = (expected: Outcome, actual: Outcome, start: Outcome): boolean => {
    for (const name of new Set([...expected.keys(), ...actual.keys()])) {
      const e = expected.get(name) ?? start.get(name) ?? "";
      const a = actual.get(name) ?? start.get(name) ?? "";
      if (e !== a && !options.tolerates?.(name, e, a)) return true;
    }
    return false;
  };

  const show = (outcome: Outcome): string => [...outcome].map(([name, value]) => (name === "#" ? `#${value}` : `${name}=${value}`)).join(" ");

  return {
    /** Every mismatch of a vector file, at most `limit`, and how many cases there were. */
    replay(file: string, limit = 1000): { readonly cases: number; readonly forms: number; readonly mismatches: readonly Mismatch[] } {
      const mismatches: Mismatch[] = [];
      let cases = 0;
      let forms = 0;
      let drawer = new Drawer(0);
      let kind = "";
      let form = "";
      let bytes = new Uint8Array();
      let number = 0;
      for (const line of readFileSync(directory === undefined ? new URL(file, import.meta.url) : `${directory}/${file}`, "utf8").split("\n")) {
        if (line.includes("|")) {
          const [k, text, encoding, seed] = line.split("|");
          kind = k!;
          form = `${text} (${encoding})`;
          bytes = Uint8Array.from(encoding!.match(/../g)!, (pair) => Number.parseInt(pair, 16));
          drawer = new Drawer(Number.parseInt(seed!, 16));
          number = 0;
          forms++;
          continue;
        }
        if (line === "") continue;
        const expected = new Map<string, string>();
        for (const word of line.split(" ").filter((w) => w !== "" && w !== ".")) {
          if (word.startsWith("#")) expected.set("#", word.slice(1));
          else expected.set(word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1));
        }
        const { changed, start } = run(bytes, drawer.state(kind));
        cases++;
        if (differs(expected, changed, start) && mismatches.length < limit)
          mismatches.push({ form, case: number, expected: show(expected), actual: show(changed), start: show(start) });
        number++;
      }
      return { cases, forms, mismatches };
    },
  };
}
