import type { Machine } from "../machine.ts";
import { bytesOf, Place } from "../machine.ts";
import type { FormRow } from "./form-rows.ts";
import { recordForms } from "./record-forms.ts";

/** Runs a row to its HLT (behind the code, or the handler's of an exception), and says what it met on its way: an exit or a vector. */
export function runFormRow(
  machine: Machine,
  row: FormRow,
  onForm: (form: number) => void,
): { rax: bigint; ended: string } {
  const { vcpu, memory } = machine;
  const stop = recordForms(vcpu.cpu, onForm);
  try {
    if (row.cr4 !== undefined && !vcpu.writeControl("cr4", vcpu.cr4 | row.cr4))
      throw new Error(`${row.what}: CR4 is refused`);
    if (row.cr4 !== undefined && (row.cr4 & (1n << 18n)) !== 0n) vcpu.writeControl("xcr0", 3n);
    for (const [index, value] of row.msrs ?? []) vcpu.writeMsr(index, value);
    memory.write(Place.code, bytesOf(`${row.code} f4`));
    if (row.target !== undefined) memory.write(Place.code + 0x20, bytesOf(`${row.target} f4`));
    vcpu.rip = BigInt(Place.code);
    let ended = "hlt";
    for (;;) {
      const { exit, vector } = machine.outcome(vcpu.run(100));
      if (vector !== undefined && vector !== 0x81) return { rax: vcpu.readRegister(0), ended: `#${vector}` };
      if (exit.reason === "hlt") {
        // One more fetch, so that the last instruction counts.
        vcpu.cpu.fetchInstruction(new Uint8Array(15), 0);
        return { rax: vcpu.readRegister(0), ended };
      }
      ended = exit.reason;
      if (exit.instructionLength === 0) return { rax: 0n, ended };
      vcpu.advanceRip(exit.instructionLength);
    }
  } finally {
    stop();
  }
}
