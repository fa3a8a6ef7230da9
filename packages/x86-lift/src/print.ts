import { conditionNames } from "./condition-codes.ts";
import { helperNames } from "./helpers.ts";
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
  Segment,
  stateFieldNames,
  Vector,
} from "./ir.ts";
import { simdOpNames } from "./simd/ops.ts";

const inverse = (table: Readonly<Record<string, number>>): ReadonlyMap<number, string> =>
  new Map(Object.entries(table).map(([name, value]) => [value, name]));

const segments = inverse(Segment);
const vectors = inverse(Vector);
const flagNames = inverse(Flag);
const flagsKinds = inverse(FlagsKind);
const exitKinds = inverse(ExitKind);
const byteRegisters = "al cl dl bl spl bpl sil dil r8b r9b r10b r11b r12b r13b r14b r15b ah ch dh bh".split(" ");
const wordRegisters = "ax cx dx bx sp bp si di".split(" ");

/** Name of a general register as `get` and `set` number it. */
function gprName(width: number, gpr: number): string {
  if (width === 8) return byteRegisters[gpr] ?? `?${gpr}`;
  if (gpr > 7) return `r${gpr}${width === 16 ? "w" : width === 32 ? "d" : ""}`;
  return (width === 64 ? "r" : width === 32 ? "e" : "") + wordRegisters[gpr]!;
}

function hex(value: number): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

/** hi:lo as an unsigned number of `bits` bits. */
function constant(low: number, high: number, bits: number): string {
  return `0x${BigInt.asUintN(bits, (BigInt(high) << 32n) | BigInt(low >>> 0)).toString(16)}`;
}

function signed(low: number, high: number): string {
  const value = (BigInt(high) << 32n) | BigInt(low >>> 0);
  return value < 0n ? ` - 0x${(-value).toString(16)}` : ` + 0x${value.toString(16)}`;
}

const exception = (vector: number, code: number, hasCode: number): string =>
  `#${vectors.get(vector) ?? vector}${hasCode === 0 ? "" : `(${code})`}`;

/**
 * A fragment as text, one row a line: `v2 = add.32 v0 v1`. Values are named by their rows; widths follow the operation.
 * For people and golden tests; the format may gain detail.
 */
export function printIr(fragment: IrFragment): string {
  const lines: string[] = [];
  for (let row = 0; row < fragment.count; row++) lines.push(printRow(fragment, row));
  return lines.join("\n");
}

/** One row of `printIr`. */
export function printRow({ rows }: IrFragment, row: number): string {
  const at = row * IR_STRIDE;
  const name = irOpNames[rows[at + IrField.Op]!] as IrOpName;
  const width = rows[at + IrField.Width]!;
  const x = rows[at + IrField.X]!;
  const lo = rows[at + IrField.Lo]!;
  const hi = rows[at + IrField.Hi]!;
  const value = (field: number) => `v${rows[at + field]!}`;
  const has = (field: number) => rows[at + field] !== IR_NONE;
  const values = [IrField.A, IrField.B, IrField.C].filter(has).map(value).join(" ");
  const op = width === 0 ? name : `${name}.${width}`;
  const join = (...parts: string[]) => parts.filter((part) => part !== "").join(" ");
  const define = (...parts: string[]) => `v${row} = ${join(...parts)}`;
  const memory = () => `${segments.get(x)?.toLowerCase() ?? x}:${value(IrField.A)}`;
  const memoryFlags = () => ["write", "aligned", "supervisor", "execute"].filter((_, bit) => (lo >> bit) & 1).join(",");
  const constants = () => join(lo === 0 ? "" : `lo=${hex(lo)}`, hi === 0 ? "" : `hi=${hex(hi)}`);

  switch (name) {
    case "const":
      return define(op, constant(lo, hi, width));
    case "get":
      return define(op, gprName(width, x));
    case "set":
      return join(op, gprName(width, x), values);
    case "getXmm":
      return define(op, `xmm${x}`);
    case "setXmm":
      return join(op, `xmm${x}`, values);
    case "getMm":
      return define(op, `mm${x}`);
    case "setMm":
      return join(op, `mm${x}`, values);
    case "getField":
      return define(op, stateFieldNames[x] ?? `?${x}`);
    case "setField":
      return join(op, stateFieldNames[x] ?? `?${x}`, values);
    case "ea": {
      const terms = [
        has(IrField.A) ? value(IrField.A) : "",
        has(IrField.B) ? value(IrField.B) + (x === 1 ? "" : `*${x}`) : "",
      ];
      const sum = terms.filter((term) => term !== "").join(" + ");
      return define(op, sum === "" ? constant(lo, hi, 64) : sum + (lo === 0 && hi === 0 ? "" : signed(lo, hi)));
    }
    case "load":
      return define(op, memory(), memoryFlags());
    case "store":
      return join(op, memory(), value(IrField.B), memoryFlags());
    case "probe":
      return join(op, memory(), `${lo}`, hi === 0 ? "read" : "write");
    case "flags": {
      const operand = (field: number) => (has(field) ? value(field) : "_");
      return join(
        op,
        flagsKinds.get(x)?.toLowerCase() ?? `?${x}`,
        operand(IrField.A),
        operand(IrField.B),
        operand(IrField.C),
      );
    }
    case "setFlag":
      return join(name, flagNames.get(x)?.toLowerCase() ?? `?${x}`, values);
    case "getFlag":
      return define(name, flagNames.get(x)?.toLowerCase() ?? `?${x}`);
    case "cond":
      return define(name, conditionNames[x] ?? `?${x}`);
    case "getRflags":
      return define(name);
    case "setRflags":
      return join(name, values, `mask=${hex(lo)}`);
    case "simd":
      return define(op, simdOpNames[x] ?? `?${x}`, values, lo === 0 ? "" : `imm=${hex(lo)}`);
    case "helper": {
      const call = join(op, helperNames[x] ?? `?${x}`, values, constants());
      return width === 0 ? call : `v${row} = ${call}`;
    }
    case "raiseIf":
      return join(name, values, exception(x, lo, hi));
    case "raise":
      return join(name, exception(x, lo, hi));
    case "jump":
      return join(name, constant(lo, hi, 64));
    case "branch":
      return join(name, values, constant(lo, hi, 64));
    case "exit":
      return join(name, exitKinds.get(x)?.toLowerCase() ?? `?${x}`, values, constants());
    case "checkTarget":
    case "next":
    case "nextFresh":
    case "jumpTo":
    case "repeatIf":
    case "dispatch":
      return join(name, values);
    default:
      return define(op, values);
  }
}
