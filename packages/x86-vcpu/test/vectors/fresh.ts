/**
 * Fresh cases: this machine's processor against both tiers.
 * `node scripts/run.mjs test/vectors/fresh.ts CASES [salt] [form id pattern]`
 */
import { decodeInstruction, Instruction } from "x86-decode";
import { createTier0 } from "../../src/tier0/index.ts";
import { createTier1 } from "../../src/tier1/tier1.ts";
import { At, RECORD_BYTES } from "./case-state.ts";
import { Drawer } from "./draw.ts";
import { allForms, bitnesses } from "./forms.ts";
import { isDisputed } from "./disagreements.ts";
import { createOracle } from "./oracle.ts";
import { describeCase } from "./describe-case.ts";
import { createSimulator } from "./simulator.ts";
import { difference } from "./tolerance.ts";

export function main(args: readonly string[]): void {
  const total = Number(args[0] ?? 100_000);
  const salt = Number(args[1] ?? Math.floor(Date.now() / 1000));
  const pattern = new RegExp(args[2] ?? "");
  const forms = allForms().forms.filter(({ id }) => pattern.test(id));
  const pairs = forms.flatMap((form) => bitnesses.filter((b) => form.encodings.has(b)).map((bitness) => ({ form, bitness })));
  const each = Math.max(1, Math.ceil(total / pairs.length));
  const oracle = createOracle();
  const tiers = [createSimulator(createTier0), createSimulator((cpu) => createTier1(cpu, { codeBytes: 1 << 20 }))];
  const drawer = new Drawer(each >= 1000 ? 32 : undefined);
  const insn = new Instruction();
  const actual = new Uint8Array(RECORD_BYTES);
  const worst = new Map<string, Map<bigint, number>>();
  const kinds = new Map<string, { count: number; example: string }>();
  let done = 0;
  let faults = 0;
  let dropped = 0;
  const started = Date.now();
  const batch = 8192;
  console.log(`${forms.length} forms, ${pairs.length} form and mode pairs, ${each} cases each, salt ${salt}`);
  let records = new Uint8Array(batch * RECORD_BYTES);
  let owners: (typeof pairs)[number][] = [];
  const flush = (): void => {
    if (owners.length === 0) return;
    const results = oracle.run(records.subarray(0, owners.length * RECORD_BYTES));
    for (const [n, { form, bitness }] of owners.entries()) {
      const record = records.subarray(n * RECORD_BYTES, (n + 1) * RECORD_BYTES);
      const expected = results.subarray(n * RECORD_BYTES, (n + 1) * RECORD_BYTES);
      const view = new DataView(expected.buffer, expected.byteOffset);
      if (view.getUint32(At.stray, true) !== 0) {
        dropped++;
        continue;
      }
      if (view.getInt32(At.trap, true) >= 0) faults++;
      decodeInstruction(record, At.code, At.code + 16, bitness, new DataView(record.buffer, record.byteOffset).getUint32(At.rip, true), 0, insn);
      if (isDisputed(insn, record, expected)) {
        dropped++;
        continue;
      }
      for (const [tier, simulator] of tiers.entries()) {
        simulator.run(record, actual);
        const what = difference(insn, record, expected, actual, (units) => {
          const of = worst.get(form.mnemonic) ?? new Map<bigint, number>();
          worst.set(form.mnemonic, of);
          of.set(units, (of.get(units) ?? 0) + 1);
        });
        if (what === undefined) continue;
        const key = `${form.id} ${bitness} tier ${tier}: ${what}`;
        const known = kinds.get(key);
        if (known) known.count++;
        else kinds.set(key, { count: 1, example: describeCase(insn, record, expected, actual) });
      }
    }
    done += owners.length;
    owners = [];
    const seconds = (Date.now() - started) / 1000;
    if (total > 1e6 && Math.floor(done / batch) % 40 === 0) console.log(`${done} cases, ${kinds.size} kinds of difference, ${seconds.toFixed(0)} s`);
  };
  for (const pair of pairs)
    for (let i = 0; i < each; i++) {
      drawer.draw(pair.form, pair.bitness, i, salt, records.subarray(owners.length * RECORD_BYTES, (owners.length + 1) * RECORD_BYTES));
      owners.push(pair);
      if (owners.length === batch) flush();
    }
  flush();
  for (const [key, { count, example }] of [...kinds].sort((a, b) => b[1].count - a[1].count).slice(0, Number(process.env.SHOW ?? 400))) console.log(`${count} × ${key}\n${example}`);
  for (const [mnemonic, units] of worst) console.log(`${mnemonic}: off by ${[...units].map(([u, n]) => `${u} unit in ${n}`).join(", ")}`);
  console.log(`${done} cases, ${faults} of them faults, ${dropped} dropped, ${kinds.size} kinds of difference, ${((Date.now() - started) / 1000).toFixed(0)} s`);
  if (kinds.size > 0) process.exitCode = 1;
}
