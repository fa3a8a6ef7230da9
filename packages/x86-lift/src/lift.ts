import { DecodeError, type Instruction, type MnemonicName, mnemonicNames, OpKind, Prefix, Register } from "x86-decode";
import type { Builder } from "./builder.ts";
import { isPromised, requiredFeature } from "./features.ts";
import { Vector } from "./ir.ts";
import type { LiftMode } from "./mode.ts";
import { semantics, stringSemantics } from "./semantics/index.gen.ts";

/** Writes one instruction's meaning into the builder; ends with exactly one terminator. */
export type Semantics = (b: Builder, insn: Instruction, mode: LiftMode) => void;
/** What a module under `semantics/` exports. */
export type SemanticsTable = { readonly [M in MnemonicName]?: Semantics };

interface Entry {
  readonly lift: Semantics;
  /** For MOVSD and CMPSD, which name a string and a vector instruction: the string's meaning. */
  readonly string: Semantics | undefined;
  readonly feature: string | undefined;
  readonly lockable: boolean;
}

const lockable: ReadonlySet<string> = new Set<MnemonicName>([
  "adc",
  "add",
  "and",
  "btc",
  "btr",
  "bts",
  "cmpxchg",
  "cmpxchg16b",
  "cmpxchg8b",
  "dec",
  "inc",
  "neg",
  "not",
  "or",
  "sbb",
  "sub",
  "xadd",
  "xchg",
  "xor",
]);

const unknown: Semantics = () => {};

const entries: readonly (Entry | undefined)[] = mnemonicNames.map((name) => {
  const lift = semantics[name];
  const string = stringSemantics[name];
  if (lift === undefined && string === undefined) return undefined;
  return { lift: lift ?? unknown, string, feature: requiredFeature(name), lockable: lockable.has(name) };
});

/** Does the mnemonic have semantics? The others are decode-only: #UD, as on a processor without them. */
export function isLifted(mnemonic: MnemonicName): boolean {
  return semantics[mnemonic] !== undefined || stringSemantics[mnemonic] !== undefined;
}

/**
 * Writes what `insn` means in `mode` into the builder, which it restarts. An invalid encoding, a LOCK where none may
 * stand and an instruction of a feature that the mode does not show (AVX, say) lift to #UD; more than 15 bytes lift to
 * #GP(0). False, with an empty builder, if the mode shows a feature whose semantics this package does not have: the
 * CPUID policy promises too much, which is no fault of the guest's.
 */
export function lift(insn: Instruction, mode: LiftMode, b: Builder): boolean {
  b.start(insn, mode);
  if (insn.error !== DecodeError.None) {
    if (insn.error === DecodeError.TooLong) b.raise(Vector.GP, 0);
    else b.undefined();
    return true;
  }
  const entry = entries[insn.mnemonic];
  if (entry === undefined) {
    if (isPromised(mnemonicNames[insn.mnemonic]!, mode)) return false;
    b.undefined();
    return true;
  }
  if (entry.feature !== undefined && !mode.has(entry.feature)) {
    b.undefined();
    return true;
  }
  if ((insn.prefixes & Prefix.Lock) !== 0 && !mayLock(insn, entry)) {
    b.undefined();
    return true;
  }
  if (entry.string !== undefined && isStringForm(insn)) entry.string(b, insn, mode);
  else entry.lift(b, insn, mode);
  return b.count !== 0;
}

/** LOCK stands before read-modify-write forms with memory, and before MOV CR8 as AMD spells it in 32-bit code. */
function mayLock(insn: Instruction, entry: Entry): boolean {
  if (entry.lockable) return insn.opKind0 === OpKind.Memory;
  return insn.opReg0 === Register.CR8 || insn.opReg1 === Register.CR8;
}

function isStringForm(insn: Instruction): boolean {
  return (
    insn.opKind0 === OpKind.StringDestination ||
    insn.opKind1 === OpKind.StringDestination ||
    insn.opKind0 === OpKind.StringSource ||
    insn.opKind1 === OpKind.StringSource
  );
}
