/** Prints recorded cases: `node scripts/run.mjs test/vectors/dump.ts FORM [count]`. */
import { decodeInstruction, Instruction } from "x86-decode";
import { formatIntel } from "x86-decode/intel";
import { At } from "./case-state.ts";
import { changes, startOf } from "./describe-case.ts";
import { DRAW_VERSION } from "./draw.ts";
import type { Bitness } from "./forms.ts";
import { createDraw, readVectors, vectorFiles } from "./replay.ts";
import { decodeVectors } from "./vector-file.ts";

export function main([form, count = "8"]: readonly string[]): void {
  const insn = new Instruction();
  const shown = new Map<number, number>();
  for (const file of vectorFiles)
    decodeVectors(
      readVectors(file),
      DRAW_VERSION,
      createDraw(),
      (id, bitness, i, record, expected) => {
        const n = shown.get(bitness) ?? 0;
        if (n >= Number(count)) return;
        shown.set(bitness, n + 1);
        decodeInstruction(record, At.code, At.code + 16, bitness as Bitness, new DataView(record.buffer, record.byteOffset).getUint32(At.rip, true), 0, insn);
        console.log(`${id}, ${bitness}-bit code, case ${i}: ${formatIntel(insn)}\n  start  ${startOf(record)}\n  result ${changes(record, expected)}`);
      },
      (id) => id === form,
    );
  if (shown.size === 0) {
    console.error(`no vectors of a form named ${form}; docs/forms.md lists them`);
    process.exitCode = 1;
  }
}
