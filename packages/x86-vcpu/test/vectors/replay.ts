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

/** Where each thing that vectors name lies in a capture. */
const places: ReadonlyMap<string, { readonly at: number; readonly bytes: number }> = (() => {
  const sizes: [string, number][] = [
    ["fcw", 2],
    ["fsw", 2],
    ["tags", 1],
    ["mxcsr", 4],
    ...[0, 1, 2, 3, 4, 5, 6, 7].map((r): [string, number] => [`r${r}`, 10]),
    ...[0, 1, 2].map((i): [string, number] => [`xmm${i}`, 16]),
    ["rax", 8],
    ["rcx", 8],
    ["rdx", 8],
    ["flags", 2],
    ...[0, 16, 32, 48].map((at): [string, number] => [`m${at}`, 16]),
  ];
  let at = 0;
  return new Map(
    sizes.map(([name, bytes]) => {
      at += bytes;
      return [name, { at: at - bytes, bytes }];
    }),
  );
})();
const CAPTURE_BYTES = 256 + 32;

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
  /** Are the two values of this register close enough? Default: equal. `form`: the instruction's text. */
  readonly tolerates?: (name: string, expected: string, actual: string, form: string) => boolean;
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

  /** Everything that vectors name, as bytes one after the other. */
  const capture = (): Uint8Array => {
    const { base, u8 } = cpu;
    const all = new Uint8Array(CAPTURE_BYTES);
    const view = new DataView(all.buffer);
    const copy = (name: string, from: number): void =>
      all.set(u8.subarray(from, from + places.get(name)!.bytes), places.get(name)!.at);
    copy("fcw", base + StateOffset.fcw);
    copy("fsw", base + StateOffset.fsw);
    copy("mxcsr", base + StateOffset.mxcsr);
    const ftw = cpu.get16(StateOffset.ftw);
    for (let r = 0; r < 8; r++) {
      if (((ftw >> (2 * r)) & 3) !== 3) all[places.get("tags")!.at]! |= 1 << r;
      copy(`r${r}`, base + StateOffset.x87 + 16 * r);
    }
    for (let i = 0; i < 3; i++) copy(`xmm${i}`, base + StateOffset.xmm + 16 * i);
    copy("rax", base + StateOffset.gpr);
    copy("rcx", base + StateOffset.gpr + 8);
    copy("rdx", base + StateOffset.gpr + 16);
    view.setUint16(places.get("flags")!.at, cpu.readRflags() & 0x8d5, true);
    all.set(memory.read(DATA, 64)!, places.get("m0")!.at);
    return all;
  };

  const changes = (before: Uint8Array, after: Uint8Array): Map<string, string> => {
    const changed = new Map<string, string>();
    for (const [name, { at, bytes }] of places) {
      let same = true;
      for (let i = at; i < at + bytes && same; i++) same = before[i] === after[i];
      if (!same) changed.set(name, hex(after.subarray(at, at + bytes)));
    }
    return changed;
  };

  let written: Uint8Array | undefined;
  /** Runs one case; what changed, in the generator's words. */
  const run = (bytes: Uint8Array, state: CaseState): { readonly changed: Outcome; readonly start: Uint8Array } => {
    load(state);
    // Only a new form is written: writing makes a tier decode it again.
    if (bytes !== written) memory.write(CODE, bytes);
    written = bytes;
    vcpu.rip = BigInt(CODE);
    const start = capture();
    const exit = vcpu.run(1);
    const changed = changes(start, capture());
    if (exit.reason === "exception") changed.set("#", String(exit.vector));
    else if (exit.reason !== "budget") changed.set("#", `${exit.reason} ${exit.text}`);
    else if (vcpu.rip !== BigInt(CODE + bytes.length)) changed.set("#", `rip ${vcpu.rip.toString(16)}`);
    return { changed, start };
  };

  const differs = (form: string, expected: Outcome, actual: Outcome, start: Uint8Array): boolean => {
    for (const name of new Set([...expected.keys(), ...actual.keys()])) {
      const place = places.get(name);
      const before = place === undefined ? "" : hex(start.subarray(place.at, place.at + place.bytes));
      const e = expected.get(name) ?? before;
      const a = actual.get(name) ?? before;
      if (e !== a && !options.tolerates?.(name, e, a, form)) return true;
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
        if (differs(form, expected, changed, start) && mismatches.length < limit)
          mismatches.push({ form, case: number, expected: show(expected), actual: show(changed), start: show(changes(start.map((byte) => ~byte), start)) });
        number++;
      }
      return { cases, forms, mismatches };
    },
  };
}
