import type { Instruction } from "../instruction.ts";
import { Register as registers } from "../register.ts";
import { prefixTraits as traitWords } from "../text.gen.ts";
import { PrefixTrait as traitBits } from "./prefixes.ts";

// Constants of this module's own: see decode.ts.
const Register = registers;
const prefixTraits = traitWords;
const PrefixTrait = traitBits;

/** The segment override to write: one that counts and is not the default anyway; `Register.None` otherwise. */
export function shownSegment(instruction: Instruction): number {
  const segment = instruction.segmentPrefix;
  if (segment === Register.None) return Register.None;
  if (instruction.bitness === 64 && segment < Register.FS) return Register.None;
  if ((prefixTraits[instruction.form]! & PrefixTrait.NoSegment) !== 0) return Register.None;
  return segment === defaultSegment(instruction.memBase) ? Register.None : segment;
}

function defaultSegment(base: number): number {
  switch (base) {
    case Register.BP:
    case Register.EBP:
    case Register.RBP:
    case Register.ESP:
    case Register.RSP:
      return Register.SS;
    default:
      return Register.DS;
  }
}
