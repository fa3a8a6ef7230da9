/** Which forms of instructions tier 0 carries out. */
import { DecodeError, decodeInstruction, Instruction, mnemonicNames } from "x86-decode";
import type { Cpu } from "../../src/cpu.ts";
import { modeKeyBitness } from "../../src/mode-key.ts";

/** An exception is what they are for, or all that they are without SVM. */
const raising = new Set("int1 int3 into bound vmrun vmload vmsave stgi clgi skinit invlpga".split(" "));

/** Tells of every instruction behind which another began, and that did not fault. The function that it gives ends that. */
export function recordForms(cpu: Cpu, onForm: (form: number) => void): () => void {
  const insn = new Instruction();
  const fetch = cpu.fetchInstruction.bind(cpu);
  const raise = cpu.raise.bind(cpu);
  let running = 0;
  const own: Partial<Pick<Cpu, "fetchInstruction" | "raise">> = {
    fetchInstruction(into, have = 0) {
      if (have === 0 && running !== 0) onForm(running);
      running = 0;
      const count = fetch(into, have);
      if (count <= 0) return count;
      decodeInstruction(into, 0, count, modeKeyBitness(cpu.modeKey), 0, 0, insn);
      if (insn.error === DecodeError.None) running = insn.form;
      return count;
    },
    raise(vector, errorCode, cr2) {
      if (!raising.has(mnemonicNames[insn.mnemonic]!)) running = 0;
      return raise(vector, errorCode, cr2);
    },
  };
  Object.assign(cpu, own);
  return () => {
    const open: { -readonly [K in keyof typeof own]: unknown } = cpu;
    delete open.fetchInstruction;
    delete open.raise;
  };
}
