/**
 * Writes the vectors anew, on an x86-64 Linux with gcc: `node scripts/run.mjs test/vectors/generate.ts`.
 * One file for each family of rows in x86-decode; see README.md.
 */
import { writeFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
import { decodeInstruction, Instruction } from "x86-decode";
import { At, RECORD_BYTES } from "./case-state.ts";
import { isDisputed } from "./disagreements.ts";
import { DRAW_VERSION, Drawer } from "./draw.ts";
import { allForms, type Bitness, bitnesses, type Form } from "./forms.ts";
import { createOracle } from "./oracle.ts";
import { undefinedFlags } from "./tolerance.ts";
import { encodeVectors, type Group } from "./vector-file.ts";

/** Cases of a form in the widest mode that has it, and in each other one. */
const CASES = 208;
const OTHER_CASES = 56;
const SALT = 1;

const familyOf = (form: Form): string =>
  /^(f(?!x)|wait)/.test(form.mnemonic) ? "x87" : /_mm/.test(form.id) ? "mmx" : /xmm|^fx|mxcsr/.test(form.id) ? "sse" : "integer";

export function main(): void {
  const oracle = createOracle();
  const drawer = new Drawer();
  const insn = new Instruction();
  const { forms } = allForms();
  const byId = new Map(forms.map((form) => [form.id, form]));
  const families = new Map<string, Group[]>();
  let cases = 0;
  let kept = 0;
  let faults = 0;

  /** Groups that still lack cases are drawn and run together: a process for each would take minutes. */
  interface Open extends Group {
    readonly form: Form;
    readonly wanted: number;
    readonly parts: Uint8Array[];
    have: number;
  }
  const open: Open[] = [];
  const round = (): boolean => {
    const work = open.flatMap((group) => {
      // Disputed cases do not count: draw until enough are kept, or it is clear that they never will be.
      if (group.have >= group.wanted || group.left.length >= group.wanted * 10) return [];
      return [{ group, count: group.left.length === 0 ? group.wanted : 2 * (group.wanted - group.have) + 8 }];
    });
    for (let next = 0; next < work.length; ) {
      const batch: typeof work = [];
      let size = 0;
      while (next < work.length && size < 16_000) {
        batch.push(work[next]!);
        size += work[next++]!.count;
      }
      const records = new Uint8Array(size * RECORD_BYTES);
      let n = 0;
      for (const { group, count } of batch)
        for (let i = 0; i < count; i++, n++) drawer.draw(group.form, group.bitness as Bitness, group.left.length + i, SALT, records.subarray(n * RECORD_BYTES, (n + 1) * RECORD_BYTES));
      const results = oracle.run(records);
      n = 0;
      for (const { group, count } of batch) {
        group.parts.push(results.slice(n * RECORD_BYTES, (n + count) * RECORD_BYTES));
        for (let i = 0; i < count; i++, n++) keep(group, records.subarray(n * RECORD_BYTES, (n + 1) * RECORD_BYTES), group.parts.at(-1)!.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES));
      }
    }
    return work.length > 0;
  };

  const keep = (group: Open, record: Uint8Array, result: Uint8Array): void => {
    const start = new DataView(record.buffer, record.byteOffset);
    const view = new DataView(result.buffer, result.byteOffset);
    decodeInstruction(record, At.code, At.code + 16, group.bitness as Bitness, start.getUint32(At.rip, true), 0, insn);
    const out = view.getUint32(At.stray, true) !== 0 || isDisputed(insn, record, result);
    group.left.push(out);
    cases++;
    if (out) return;
    group.have++;
    kept++;
    if (view.getInt32(At.trap, true) >= 0) faults++;
    // Undefined flags compress best unchanged; registers that compatibility code does not have, too.
    const mask = view.getInt32(At.trap, true) < 0 ? undefinedFlags(insn, record[At.gpr + 8]!) : 0;
    view.setUint32(At.rflags, (view.getUint32(At.rflags, true) & ~mask) | (start.getUint32(At.rflags, true) & mask), true);
    if (group.bitness === 64) return;
    for (let r = 0; r < 8; r++) view.setUint32(At.gpr + 8 * r + 4, 0, true);
    for (let r = At.gpr + 64; r < At.gpr + 128; r++) result[r] = 0;
  };

  for (const form of forms) {
    const family = familyOf(form);
    const groups = families.get(family) ?? [];
    families.set(family, groups);
    const modes = bitnesses.filter((b) => form.encodings.has(b));
    for (const [n, bitness] of modes.entries()) {
      const group: Open = { form, id: form.id, bitness, wanted: n === 0 ? CASES : OTHER_CASES, have: 0, left: [], parts: [] };
      open.push(group);
      groups.push(group);
    }
  }
  while (round());
  let total = 0;
  for (const [family, groups] of families) {
    const bytes = encodeVectors(groups, SALT, DRAW_VERSION, (id, bitness, i, salt, record) => drawer.draw(byId.get(id)!, bitness as Bitness, i, salt, record));
    const packed = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
    writeFileSync(new URL(`${family}.svec`, import.meta.url), packed);
    total += packed.length;
    console.log(`${family}: ${groups.length} groups, ${bytes.length} bytes, packed ${packed.length}`);
  }
  console.log(`${forms.length} forms, ${cases} cases, ${kept} kept, ${faults} faults, ${total} bytes`);
}
