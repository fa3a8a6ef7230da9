/** Replays the recorded vectors on a tier. */
import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { decodeInstruction, Instruction } from "x86-decode";
import type { Cpu } from "../../src/cpu.ts";
import type { Tier } from "../../src/tier.ts";
import { At, RECORD_BYTES } from "./case-state.ts";
import { describeCase } from "./describe-case.ts";
import { isDisputed } from "./disagreements.ts";
import { DRAW_VERSION, Drawer } from "./draw.ts";
import { allForms, type Bitness } from "./forms.ts";
import { createSimulator } from "./simulator.ts";
import { difference } from "./tolerance.ts";
import { decodeVectors, type DrawCase } from "./vector-file.ts";

export const vectorFiles = ["integer", "sse", "mmx", "x87"] as const;
export type VectorFile = (typeof vectorFiles)[number];

export const readVectors = (file: VectorFile): Uint8Array => brotliDecompressSync(readFileSync(new URL(`${file}.svec`, import.meta.url)));

export function createDraw(): DrawCase {
  const drawer = new Drawer();
  const byId = new Map(allForms().forms.map((form) => [form.id, form]));
  return (id, bitness, i, salt, record) => {
    const form = byId.get(id);
    if (form === undefined) throw new Error(`vectors have the form ${id}, which x86-decode and x86-lift no longer give: write them anew (README.md)`);
    drawer.draw(form, bitness as Bitness, i, salt, record);
  };
}

export interface Replay {
  /** Cases replayed, by form id. */
  readonly cases: Map<string, number>;
  readonly differences: string[];
}

/** One case in `share` of each form, whole encodings at a time, but one at least; 1: all. */
export function replay(file: VectorFile, createTier: (cpu: Cpu) => Tier, share: number): Replay {
  const simulator = createSimulator(createTier);
  const insn = new Instruction();
  const actual = new Uint8Array(RECORD_BYTES);
  const cases = new Map<string, number>();
  const differences: string[] = [];
  decodeVectors(
    readVectors(file),
    DRAW_VERSION,
    createDraw(),
    (id, bitness, i, record, expected) => {
      const rip = new DataView(record.buffer, record.byteOffset).getUint32(At.rip, true);
      decodeInstruction(record, At.code, At.code + 16, bitness as Bitness, rip, 0, insn);
      // The table may have grown since the vectors were written.
      if (isDisputed(insn, record, expected)) return;
      cases.set(id, (cases.get(id) ?? 0) + 1);
      simulator.run(record, actual);
      const what = difference(insn, record, expected, actual);
      if (what !== undefined && differences.length < 100) differences.push(`${id}, ${bitness}-bit code, case ${i}: ${what}\n${describeCase(insn, record, expected, actual)}`);
    },
    (id, _bitness, i) => (Math.floor(i / 4) + id.length) % share === 0 || !cases.has(id),
  );
  return { cases, differences };
}
