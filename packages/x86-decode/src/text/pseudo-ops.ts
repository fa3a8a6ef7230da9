/** Compare instructions whose immediate is part of the mnemonic in assemblers. */
import { type Instruction, OpKind } from "../instruction.ts";
import { mnemonicNames } from "../mnemonics.gen.ts";

/** Predicates of CMPPS and VCMPPS (Intel SDM volume 2, CMPPD, tables 3-1 and 3-3). */
const float = [
  "eq",
  "lt",
  "le",
  "unord",
  "neq",
  "nlt",
  "nle",
  "ord",
  "eq_uq",
  "nge",
  "ngt",
  "false",
  "neq_oq",
  "ge",
  "gt",
  "true",
  "eq_os",
  "lt_oq",
  "le_oq",
  "unord_s",
  "neq_us",
  "nlt_uq",
  "nle_uq",
  "ord_s",
  "eq_us",
  "nge_uq",
  "ngt_uq",
  "false_os",
  "neq_os",
  "ge_oq",
  "gt_oq",
  "true_us",
];
/** VPCMPB and VPCMPUB; 3 and 7 are constant. */
const integer = ["eq", "lt", "le", "false", "neq", "nlt", "nle", "true"];
/** VPCOMB (AMD APM volume 6). */
const xop = ["lt", "le", "gt", "ge", "eq", "neq", "false", "true"];
const clmul: Readonly<Record<number, string>> = { 0: "lqlq", 1: "hqlq", 16: "lqhq", 17: "hqhq" };

/** Name of the pseudo-op, or "" if the immediate has to be written. */
const rules: readonly (readonly [pattern: RegExp, name: (parts: RegExpExecArray, immediate: number) => string])[] = [
  [
    /^(v?cmp)([ps][sdh])$/,
    ([, stem, type], imm) => named(stem!, float[imm < (stem === "cmp" ? 8 : 32) ? imm : 32], type!),
  ],
  [/^(vpcmp)(u?[bwdq])$/, ([, stem, type], imm) => named(stem!, integer[imm], type!)],
  [/^(vpcom)(u?[bwdq])$/, ([, stem, type], imm) => named(stem!, xop[imm], type!)],
  [/^(v?pclmul)qdq$/, ([, stem], imm) => named(stem!, clmul[imm], "qdq".replace("qdq", "dq"))],
];

const named = (stem: string, predicate: string | undefined, type: string): string =>
  predicate === undefined ? "" : stem + predicate + type;

const candidate = /^(v?cmp[ps][sdh]|vpcmpu?[bwdq]|vpcomu?[bwdq]|v?pclmulqdq)$/;

/** Mnemonics that have pseudo-ops, by number. */
const having: Uint8Array = /* @__PURE__ */ Uint8Array.from(mnemonicNames, (name) => (candidate.test(name) ? 1 : 0));

export function pseudoOp(instruction: Instruction): string {
  if (having[instruction.mnemonic] === 0 || instruction.opCount < 3) return "";
  if (instruction.opKind(instruction.opCount - 1) !== OpKind.Immediate) return "";
  const name = mnemonicNames[instruction.mnemonic]!;
  for (const [pattern, build] of rules) {
    const parts = pattern.exec(name);
    if (parts) return build(parts, instruction.immLow);
  }
  return "";
}
