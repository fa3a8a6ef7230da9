/** STI, POPF and whatever else changes RFLAGS with consequences. */
import { Rflags } from "../control-bits.ts";
import { type Helper, HelperStatus } from "../helper.ts";
import { StateOffset } from "../state-layout.ts";
import { read64 } from "./operands.ts";

const writeRflags: Helper = (cpu, a, _b, _c, _result, lo) => {
  const value = Number(read64(cpu, a) & 0xffff_ffffn);
  cpu.writeRflags((cpu.readRflags() & ~lo) | (value & lo));
  cpu.updateModeKey();
  return HelperStatus.Continue;
};

const enableInterrupts: Helper = (cpu) => {
  const flags = cpu.get32(StateOffset.rflagsOther);
  if ((flags & Rflags.IF) === 0) cpu.stiShadowAt = cpu.retired + 1;
  cpu.set32(StateOffset.rflagsOther, flags | Rflags.IF);
  return HelperStatus.Continue;
};

export const flagHelpers = { writeRflags, enableInterrupts };
