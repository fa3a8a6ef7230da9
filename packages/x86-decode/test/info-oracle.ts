/** Compares instruction information with iced's `InstructionInfoFactory`. */
import * as iced from "iced-x86";
import { type Instruction, Register } from "../src/index.ts";
import { access, Flag, features, flagUse, flow, formTraits, usedMemory, usedRegisters } from "../src/info.ts";

const letters = ["n", "r", "cr", "w", "cw", "rw", "rcw", "a"];
const registerNames = Object.keys(Register).map((name) => name.replace(/^R(\d+)B$/, "R$1L"));

const icedFlags = Object.keys(Flag).map(
  (name) => [name, (iced.RflagsBits as unknown as Record<string, number>)[name]!] as const,
);
const theirFlags = (bits: number): string => icedFlags.flatMap(([name, bit]) => (bits & bit ? [name] : [])).join();
const ourFlags = (bits: number): string =>
  Object.entries(Flag)
    .flatMap(([name, bit]) => (bits & bit ? [name] : []))
    .join();

/** Null segments of 64-bit code are no registers that an instruction reads. */
const counts = (bitness: number, name: string, use: string): boolean =>
  !(bitness === 64 && /^[CDES]S$/.test(name) && use !== "w");

const flows: Readonly<Record<string, string>> = {
  Next: "next",
  UnconditionalBranch: "jump",
  IndirectBranch: "jump-indirect",
  IndirectCall: "call-indirect",
  ConditionalBranch: "branch",
  Call: "call",
  Return: "return",
  Interrupt: "interrupt",
  Exception: "exception",
  XbeginXabortXend: "transaction",
};

const featureName = (name: string): string =>
  name
    .replace(/^INTEL/, "")
    .toLowerCase()
    .replaceAll("_", "-");

export class InfoOracle {
  readonly #factory = new iced.InstructionInfoFactory();

  /** What differs, or undefined; `theirs` and `mine` are the same valid instruction. */
  compare(mine: Instruction, theirs: iced.Instruction): string | undefined {
    const { bitness } = mine;
    const info = this.#factory.info(theirs);
    try {
      const operands = [0, 1, 2, 3, 4].slice(0, mine.opCount);
      const theirAccess = [info.op0Access, info.op1Access, info.op2Access, info.op3Access, info.op4Access];
      // iced counts None, Read, CondRead, Write, CondWrite, ReadWrite, ReadCondWrite, NoMemAccess as we do.
      const accesses = pair(
        theirAccess
          .slice(0, mine.opCount)
          .map((a) => letters[a!])
          .join(),
        operands.map((i) => letters[access(mine, i)]).join(),
      );
      if (accesses) return `access ${accesses}`;

      const registers = pair(
        info
          .usedRegisters()
          .map((r) => {
            const entry = [iced.Register[r.register]!, letters[r.access]!] as const;
            r.free();
            return entry;
          })
          .filter(([name, use]) => counts(bitness, name, use))
          .map((entry) => entry.join(":"))
          .sort()
          .join(" "),
        usedRegisters(mine)
          .map((r) => [registerNames[r.register]!, letters[r.access]!] as const)
          .filter(([name, use]) => counts(bitness, name, use))
          .map((entry) => entry.join(":"))
          .sort()
          .join(" "),
      );
      if (registers) return `registers ${registers}`;

      const part = (segment: string, base: string, displacement: bigint): string[] => [
        // In 64-bit code only FS and GS have a base.
        bitness === 64 && !/^[FG]S$/.test(segment) ? "flat" : segment,
        base,
        BigInt.asUintN(addressBits(base, mine), displacement).toString(16),
      ];
      const memory = pair(
        info
          .usedMemory()
          .map((m) => {
            const text = [
              ...part(iced.Register[m.segment]!, iced.Register[m.base]!.replace(/^[ER]IP$/, "None"), m.displacement),
              iced.Register[m.index],
              m.scale,
              iced.MemorySizeExt.size(m.memorySize),
              letters[m.access],
            ].join(" ");
            m.free();
            return text;
          })
          .join("; "),
        usedMemory(mine)
          .map((m) =>
            [
              ...part(registerNames[m.segment]!, registerNames[m.base]!, m.displacement),
              registerNames[m.index],
              m.scale,
              m.size,
              letters[m.access],
            ].join(" "),
          )
          .join("; "),
      );
      if (memory) return `memory ${memory}`;

      const use = flagUse(mine);
      const flags = pair(
        [theirs.rflagsRead, theirs.rflagsWritten, theirs.rflagsCleared, theirs.rflagsSet, theirs.rflagsUndefined]
          .map(theirFlags)
          .join(" "),
        [use.read, use.written, use.cleared, use.set, use.undefined].map(ourFlags).join(" "),
      );
      if (flags) return `flags ${flags}`;

      const next = pair(flows[iced.FlowControl[theirs.flowControl]!] ?? "?", flow(mine));
      if (next) return `flow ${next}`;

      const cpu = pair(
        Array.from(theirs.cpuidFeatures(), (f) => featureName(iced.CpuidFeature[f]!))
          .sort()
          .join(),
        [...features(mine)].sort().join(),
      );
      if (cpu) return `features ${cpu}`;

      const traits: readonly string[] = formTraits(mine.form);
      const kinds = pair(
        `privileged ${theirs.isPrivileged} stack ${theirs.isStackInstruction} save ${theirs.isSaveRestoreInstruction}`,
        `privileged ${traits.includes("cpl0") || traits.includes("priv")} stack ${traits.includes("stack")} save ${traits.includes("save")}`,
      );
      if (kinds) return `traits ${kinds}`;
      return undefined;
    } finally {
      info.free();
    }
  }
}

/** Addresses are as wide as their base register. */
const addressBits = (base: string, instruction: Instruction): number =>
  base === "None"
    ? instruction.addressSize
    : base.startsWith("E") || base.endsWith("D")
      ? 32
      : base.startsWith("R")
        ? 64
        : 16;

const pair = (theirs: string, ours: string): string | undefined =>
  theirs === ours ? undefined : `${theirs} here ${ours}`;
