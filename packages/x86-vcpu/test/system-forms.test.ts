/**
 * System instructions that neither vectors nor the system guests carry out: once each, on both tiers. Expectations:
 * SDM vol. 2, the instructions; APM vol. 3 for SVM's, which are #UD without EFER.SVME.
 */
import { expect, test } from "vitest";
import { createMachine, describeTiers } from "./machine.ts";
import { systemFormRows } from "./system/form-rows.ts";
import { runFormRow } from "./system/run-form-row.ts";
import { falseClaims } from "./vectors/form-list.ts";

const executed = new Set<number>();

describeTiers("[x86-vcpu] system forms", () => {
  for (const row of systemFormRows)
    test(`${row.mode}: ${row.what}`, () => {
      const machine = createMachine(row.mode);
      const { rax, ended } = runFormRow(machine, row, (form) => executed.add(form));
      expect(ended).toBe(row.ends ?? "hlt");
      if (typeof row.rax === "bigint") expect(rax.toString(16)).toBe(row.rax.toString(16));
      else if (row.rax !== undefined) expect(row.rax(Number(rax & 0xffff_ffffn)), rax.toString(16)).toBe(true);
    });
});

test("[x86-vcpu] they carry out the forms that forms.txt says", () => {
  expect(falseClaims("system-forms.test.ts", executed)).toEqual([]);
});
