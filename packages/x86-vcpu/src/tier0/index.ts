/** Tier 0: decode, lift, evaluate, one instruction at a time. The reference for the others; slow and obvious. */
import { DecodeError, decodeInstruction, Instruction, mnemonicNames } from "x86-decode";
import { Builder, helperNames, lift } from "x86-lift";
import { type Cpu, TRANSLATE_EXIT, TRANSLATE_FAULT } from "../cpu.ts";
import { fillUnimplemented } from "../exits.ts";
import { MAX_INSTRUCTION_BYTES } from "../mmu/fetch.ts";
import { modeKeyBitness } from "../mode-key.ts";
import { StateOffset } from "../state-layout.ts";
import { type Tier, TierStop } from "../tier.ts";
import { Evaluator, Outcome } from "./evaluate.ts";

export function createTier0(cpu: Cpu): Tier {
  const bytes = new Uint8Array(MAX_INSTRUCTION_BYTES);
  const insn = new Instruction();
  const builder = new Builder();
  const evaluator = new Evaluator(cpu);

  /** Fills `insn`; TRANSLATE_FAULT or TRANSLATE_EXIT when the bytes cannot be had, else 0. */
  const decode = (): number => {
    let have = 0;
    for (;;) {
      have = cpu.fetchInstruction(bytes, have);
      if (have < 0) return have;
      const at = (cpu.base + StateOffset.rip) >>> 2;
      decodeInstruction(bytes, 0, have, modeKeyBitness(cpu.modeKey), cpu.i32[at]!, cpu.i32[at + 1]!, insn);
      if (insn.error !== DecodeError.Truncated) return 0;
    }
  };

  /** undefined: the instruction is done. */
  const step = (): TierStop | undefined => {
    const fetched = decode();
    if (fetched === TRANSLATE_FAULT) return TierStop.Fault;
    if (fetched === TRANSLATE_EXIT) return TierStop.Exit;
    const { length } = insn;
    cpu.set32(StateOffset.instructionLength, length);
    if (!lift(insn, cpu.liftModeFor(cpu.modeKey), builder)) {
      fillUnimplemented(cpu, bytes.subarray(0, length), `no semantics for ${mnemonicNames[insn.mnemonic]}`);
      return TierStop.Exit;
    }
    const outcome = evaluator.run(builder.fragment, length);
    if (outcome === Outcome.Fault) return TierStop.Fault;
    if (outcome === Outcome.Exit) return TierStop.Exit;
    if (outcome === Outcome.MissingHelper) {
      fillUnimplemented(
        cpu,
        bytes.subarray(0, length),
        `${mnemonicNames[insn.mnemonic]} needs helper ${helperNames[evaluator.missingHelper]}, which is missing`,
      );
      return TierStop.Exit;
    }
    cpu.set64(StateOffset.retired, cpu.get64(StateOffset.retired) + 1n);
    cpu.set64(StateOffset.budget, cpu.get64(StateOffset.budget) - 1n);
    if (outcome === Outcome.RetiredFresh && cpu.refresh()) return TierStop.Attention;
    return undefined;
  };

  return {
    run() {
      while (cpu.get64(StateOffset.budget) > 0n) {
        const stop = step();
        if (stop !== undefined) return stop;
        if (cpu.get32(StateOffset.attention) !== 0) return TierStop.Attention;
      }
      return TierStop.Budget;
    },
    invalidateCode() {},
    reset() {},
  };
}
