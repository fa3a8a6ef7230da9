/** The rules of ir.ts as a check: operands, widths, the restart rule, one terminator. */
import { helperNames, helpers } from "./helpers.ts";
import {
  ExitKind,
  Flag,
  FlagsKind,
  IR_NONE,
  IR_STRIDE,
  IrField,
  type IrFragment,
  type IrOpName,
  irOpNames,
  irOps,
  stateFieldNames,
  stateFields,
} from "./ir.ts";
import { printRow } from "./print.ts";
import { simdOpNames, simdOps } from "./simd/ops.ts";

/** Width that an operand must have: exactly so many bits, `W` the row's own, or as named; `?` may be absent, `none` must be. */
type Operand = number | "W" | "W?" | "narrower" | "wider" | "like a" | "any" | "any?" | "none";
interface Rule {
  readonly widths: readonly number[];
  readonly operands: readonly [a: Operand, b: Operand, c: Operand];
  /** Greatest x. */
  readonly x?: number;
}

const integer = [8, 16, 32, 64] as const;
const logic = [1, ...integer] as const;
const none = ["none", "none", "none"] as const;
const binary: Rule = { widths: integer, operands: ["W", "W", "none"] };
const logical: Rule = { widths: logic, operands: ["W", "W", "none"] };
const division: Rule = { widths: [32, 64], operands: ["W", "W", "none"] };
const shift: Rule = { widths: integer, operands: ["W", 8, "none"] };
const unary: Rule = { widths: integer, operands: ["W", "none", "none"] };
const comparison: Rule = { widths: [1], operands: ["any", "like a", "none"] };
const terminator: Rule = { widths: [0], operands: none };
const statusFlags: readonly number[] = Object.values(Flag);

/** `flags`, `simd`, `helper` and fields depend on x and are looked at separately. */
const rules: Readonly<Record<IrOpName, Rule>> = {
  const: { widths: logic, operands: none },
  get: { widths: integer, operands: none, x: 15 },
  set: { widths: integer, operands: ["W", "none", "none"], x: 15 },
  getXmm: { widths: [32, 64, 128], operands: none, x: 15 },
  setXmm: { widths: [32, 64, 128], operands: ["W", "none", "none"], x: 15 },
  getMm: { widths: [32, 64], operands: none, x: 7 },
  setMm: { widths: [64], operands: ["W", "none", "none"], x: 7 },
  getField: { widths: [16, 32, 64], operands: none, x: stateFieldNames.length - 1 },
  setField: { widths: [16, 32, 64], operands: ["W", "none", "none"], x: stateFieldNames.length - 1 },
  ea: { widths: [16, 32, 64], operands: ["W?", "W?", "none"], x: 8 },
  load: { widths: [...integer, 128], operands: [64, "none", "none"], x: 5 },
  store: { widths: [...integer, 128], operands: [64, "W", "none"], x: 5 },
  probe: { widths: [0], operands: [64, "none", "none"], x: 5 },
  add: binary,
  sub: binary,
  mul: binary,
  mulHighU: binary,
  mulHighS: binary,
  divU: division,
  remU: division,
  divS: division,
  remS: division,
  and: logical,
  or: logical,
  xor: logical,
  not: { widths: logic, operands: ["W", "none", "none"] },
  neg: unary,
  shl: shift,
  shr: shift,
  sar: shift,
  rotl: shift,
  rotr: shift,
  clz: unary,
  ctz: unary,
  popcnt: unary,
  bswap: { widths: [16, 32, 64], operands: ["W", "none", "none"] },
  zext: { widths: [...integer, 128], operands: ["narrower", "none", "none"] },
  sext: { widths: integer, operands: ["narrower", "none", "none"] },
  trunc: { widths: logic, operands: ["wider", "none", "none"] },
  eq: comparison,
  ne: comparison,
  ltU: comparison,
  ltS: comparison,
  leU: comparison,
  leS: comparison,
  select: { widths: [...logic, 128], operands: [1, "W", "W"] },
  flags: { widths: integer, operands: ["any?", "any?", "W"], x: FlagsKind.Mul },
  setFlag: { widths: [1], operands: [1, "none", "none"] },
  getFlag: { widths: [1], operands: none },
  cond: { widths: [1], operands: none, x: 15 },
  getRflags: { widths: [64], operands: none },
  setRflags: { widths: [64], operands: [64, "none", "none"] },
  simd: { widths: [1, 32, 64, 128], operands: ["any?", "any?", "any?"], x: simdOpNames.length - 1 },
  helper: { widths: [0, 1, ...integer, 128], operands: ["any?", "any?", "any?"], x: helperNames.length - 1 },
  raiseIf: { widths: [0], operands: [1, "none", "none"], x: 31 },
  checkTarget: { widths: [0], operands: [64, "none", "none"] },
  next: terminator,
  nextFresh: terminator,
  jump: terminator,
  branch: { widths: [0], operands: [1, "none", "none"] },
  jumpTo: { widths: [0], operands: [64, "none", "none"] },
  repeatIf: { widths: [0], operands: [1, "none", "none"] },
  dispatch: terminator,
  raise: { ...terminator, x: 31 },
  exit: { widths: [0], operands: ["any?", "any?", "none"], x: Object.keys(ExitKind).length - 1 },
};

const flagsOperands: Readonly<Record<number, readonly [Operand, Operand]>> = {
  [FlagsKind.Add]: ["W", "W"],
  [FlagsKind.Sub]: ["W", "W"],
  [FlagsKind.Logic]: ["any?", "any?"],
  [FlagsKind.Inc]: ["W", "W"],
  [FlagsKind.Dec]: ["W", "W"],
  [FlagsKind.Shl]: ["W", 8],
  [FlagsKind.Shr]: ["W", 8],
  [FlagsKind.Sar]: ["W", 8],
  [FlagsKind.Rol]: ["W", 8],
  [FlagsKind.Ror]: ["W", 8],
  [FlagsKind.Mul]: [1, "none"],
};

/** Everything wrong with a fragment, one sentence each; empty when it keeps the rules of the IR. */
export function verifyIr(fragment: IrFragment): string[] {
  const problems: string[] = [];
  const { rows, count } = fragment;
  const field = (row: number, which: number) => rows[row * IR_STRIDE + which]!;
  if (count === 0) return ["the fragment is empty"];
  /** Widths of results; 0 for rows without one. */
  const results: number[] = [];
  let committed = -1;

  for (let row = 0; row < count; row++) {
    const problem = (text: string) => problems.push(`row ${row} (${printRow(fragment, row)}): ${text}`);
    const name = irOpNames[field(row, IrField.Op)];
    if (name === undefined) {
      problems.push(`row ${row}: no operation ${field(row, IrField.Op)}`);
      results.push(0);
      continue;
    }
    const width = field(row, IrField.Width);
    const x = field(row, IrField.X);
    const rule = rules[name];
    let operands: readonly Operand[] = rule.operands;
    let result = resultWidth(name, width);
    let { effect } = irOps[name] as { effect: string };

    if (!rule.widths.includes(width)) problem(`width ${width} is not one of ${rule.widths.join(" ")}`);
    const greatest = rule.x === undefined ? undefined : width === 8 && (name === "get" || name === "set") ? 19 : rule.x;
    if (greatest !== undefined && (x < 0 || x > greatest)) problem(`x = ${x} is beyond ${greatest}`);
    else if (name === "ea" && x !== 1 && x !== 2 && x !== 4 && x !== 8) problem(`scale ${x}`);
    else if ((name === "getFlag" || name === "setFlag") && !statusFlags.includes(x)) problem(`no flag ${x}`);
    else if (name === "getField" || name === "setField") {
      const declared = stateFields[stateFieldNames[x]!];
      if (declared !== width) problem(`the field has ${declared} bits`);
    } else if (name === "flags") {
      operands = [...flagsOperands[x]!, "W"];
    } else if (name === "simd") {
      const spec = simdOps[simdOpNames[x]!];
      operands = padded(spec.args);
      if (spec.result !== width) problem(`the result has ${spec.result} bits`);
    } else if (name === "helper") {
      const spec = helpers[helperNames[x]!];
      operands = padded(spec.args);
      if (spec.result !== width) problem(`the result has ${spec.result} bits`);
      result = spec.result;
      if (!spec.faults) effect = "pure";
    }

    for (let n = 0; n < 3; n++) {
      const operand = field(row, IrField.A + n);
      const letter = "abc"[n];
      const expected = operands[n]!;
      if (operand === IR_NONE) {
        if (!mayBeAbsent(expected) && name !== "helper") problem(`operand ${letter} is missing`);
        continue;
      }
      const actual = operand >= 0 && operand < row ? results[operand]! : 0;
      if (actual === 0) problem(`operand ${letter} is not the value of an earlier row`);
      else if (!fits(expected, actual, width, results[field(row, IrField.A)] ?? 0))
        problem(`operand ${letter} has ${actual} bits, expected ${expected}`);
    }

    if (effect === "write") committed = row;
    else if (effect === "fault" && committed >= 0)
      problem(`it can fault, but row ${committed} has already changed state`);
    if ((effect === "end") !== (row === count - 1))
      problem(effect === "end" ? "rows follow the terminator" : "the last row is no terminator");
    results.push(result);
  }
  return problems;
}

/** Helpers, too, may be called with fewer operands than they can take. */
function mayBeAbsent(operand: Operand): boolean {
  return operand === "none" || (typeof operand === "string" && operand.endsWith("?"));
}

function padded(args: readonly number[]): readonly Operand[] {
  return [args[0] ?? "none", args[1] ?? "none", args[2] ?? "none"];
}

function fits(expected: Operand, actual: number, width: number, ofA: number): boolean {
  switch (expected) {
    case "none":
      return false;
    case "any":
    case "any?":
      return true;
    case "W":
    case "W?":
      return actual === width;
    case "narrower":
      return actual < width;
    case "wider":
      return actual > width;
    case "like a":
      return actual === ofA;
    default:
      return actual === expected;
  }
}

function resultWidth(name: IrOpName, width: number): number {
  if (name === "ea") return 64;
  const { effect } = irOps[name];
  if (effect === "pure" || effect === "read" || name === "load") return width;
  return 0;
}
