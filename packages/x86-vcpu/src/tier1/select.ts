/**
 * Instruction selection: the IR rows of one instruction to records.
 *
 * `get`, constants, addresses and conditions are not computed where they stand but where they are used ("pending"),
 * as operands of records; a pending value whose register is about to change is saved in a temporary first. A result
 * goes straight to the register that a later `set` names when nothing in between can fault or look at the register.
 */
import {
  ExitKind,
  Flag,
  FlagsKind,
  helperNames,
  IR_NONE,
  IR_STRIDE,
  IrField,
  IrOp,
  type IrOpName,
  irOpNames,
  irOps,
  MemoryFlag,
  Segment,
  simdOpNames,
} from "x86-lift";
import { isFlatSegment, modeKeyBitness, modeKeyHas } from "../mode-key.ts";
import { stateFieldOffsets } from "../state-fields.ts";
import { StateOffset, TEMP_BYTES } from "../state-layout.ts";
import { aluKinds, cmpConditions, shiftKinds, testConditions } from "./ops/alu.ts";
import { comparisonNames } from "./ops/generic.ts";
import { findRecordOp, recordOp, recordOps } from "./ops/index.ts";
import { conditionCodes } from "./ops/move.ts";
import { MEMORY_LINEAR, memoryWord, RECORD_BYTES } from "./record.ts";
import { FIRST_HELPER, Leave, NO_SLOT, Script } from "./scripts.ts";
import { x87OperateName } from "./x87/ops.ts";

const MAX_ROWS = 512;
const RSP = StateOffset.gpr + 4 * 8;
const TEMPS_END = 0x1000;
/** The last slot is where results go that nobody wants. */
const TEMPS = (TEMPS_END - StateOffset.temps) / TEMP_BYTES - 1;
const TRASH = TEMPS_END - TEMP_BYTES;

/** Accesses that always take the slow path; Aligned ones only below 128 bits. */
const NEVER_INLINE = MemoryFlag.Aligned | MemoryFlag.Supervisor | MemoryFlag.Execute;

const Kind = { None: 0, Slot: 1, Const: 2, Ea: 3, Cond: 4 } as const;

// ---- op numbers, looked up once

/** 0–3 for 8, 16, 32, 64. */
const log = (width: number): number => 28 - Math.clz32(width);
const widths = [8, 16, 32, 64] as const;
const byWidth = (name: (width: number) => string): readonly number[] => widths.map((w) => recordOp(name(w)));

interface BinaryOps {
  readonly plain: readonly number[];
  readonly flags: readonly number[];
  readonly immediate: readonly number[];
  readonly immediateFlags: readonly number[];
}
const binaryOps = (kind: string): BinaryOps => ({
  plain: byWidth((w) => `${kind}${w}`),
  flags: byWidth((w) => `${kind}${w}f`),
  immediate: byWidth((w) => `${kind}${w}i`),
  immediateFlags: byWidth((w) => `${kind}${w}if`),
});
const alu: readonly (BinaryOps | undefined)[] = irOpNames.map((name) =>
  (aluKinds as readonly string[]).includes(name) ? binaryOps(name) : undefined,
);
const compareOnly = { sub: byWidth((w) => `cmp${w}`), and: byWidth((w) => `test${w}`) };
const compareOnlyImmediate = { sub: byWidth((w) => `cmp${w}i`), and: byWidth((w) => `test${w}i`) };
const incFlags = byWidth((w) => `inc${w}f`);
const decFlags = byWidth((w) => `dec${w}f`);
const shiftImmediate = shiftKinds.map((kind) => byWidth((w) => `${kind}${w}i`));
const shiftImmediateFlags = shiftKinds.map((kind) => byWidth((w) => `${kind}${w}if`));
const move = byWidth((w) => `mov${w}`);
const moveImmediate = byWidth((w) => `mov${w}i`);
const [mov64full, movlow32, movlow32i, mov128, lea64, lea32, lea16, boolOp, boolsext, zext128] = [
  "mov64full",
  "movlow32",
  "movlow32i",
  "mov128",
  "lea64",
  "lea32",
  "lea16",
  "bool",
  "boolsext",
  "zext128",
].map(recordOp) as [number, number, number, number, number, number, number, number, number, number];
const movzx = new Map<number, number>();
const movsx = new Map<number, number>();
for (const [from, to] of [
  [8, 16],
  [8, 32],
  [8, 64],
  [16, 32],
  [16, 64],
  [32, 64],
] as const) {
  movzx.set(from * 256 + to, recordOp(`movzx${from}to${to}`));
  movsx.set(from * 256 + to, recordOp(`movsx${from}to${to}`));
}
const setcc = conditionCodes.map((cc) => recordOp(`setcc${cc}`));
const getcc = conditionCodes.map((cc) => recordOp(`getcc${cc}`));
const cmov = [32, 64].map((w) => conditionCodes.map((cc) => recordOp(`cmov${w}cc${cc}`)));
const jumpIf = conditionCodes.map((cc) => recordOp(`jump${cc}`));
const select128 = recordOp("select128");
const selects = byWidth((w) => `select${w}`);
/** [indexed] → by width. */
const loadOps = ["", "x"].map((x) => byWidth((w) => `ld${w}${x}`));
const loadWriteOps = ["", "x"].map((x) => byWidth((w) => `ldw${w}${x}`));
const loadZeroOps = ["", "x"].map((x) => [recordOp(`ldz8${x}`), recordOp(`ldz16${x}`)]);
const loadSignOps = ["", "x"].map(
  (x) =>
    new Map(
      [
        [8, 32],
        [8, 64],
        [16, 32],
        [16, 64],
        [32, 64],
      ].map(([f, t]) => [f! * 256 + t!, recordOp(`lds${f}to${t}${x}`)]),
    ),
);
const storeOps = ["", "x"].map((x) => byWidth((w) => `st${w}${x}`));
const storeImmediate = byWidth((w) => `st${w}i`);
const vectorOps = ["", "x"].map((x) => ({
  load: [recordOp(`ld128${x}`), recordOp(`ld128a${x}`)],
  store: [recordOp(`st128${x}`), recordOp(`st128a${x}`)],
}));
const slowLoads = new Map([1, 2, 4, 8, 16].map((bytes) => [bytes, recordOp(`slowLoad${bytes}`)]));
const slowStores = new Map([1, 2, 4, 8, 16].map((bytes) => [bytes, recordOp(`slowStore${bytes}`)]));
const based = recordOp("based");
const push64 = recordOp("push64");
const push64i = recordOp("push64i");
const pop64 = recordOp("pop64");
const [push32, push32i, pop32, ret32] = ["push32", "push32i", "pop32", "ret32"].map(recordOp) as [
  number,
  number,
  number,
  number,
];
const ret64 = recordOp("ret64");
const jumpTo = recordOp("jumpTo");
const checkCanonical = recordOp("checkCanonical");
const checkLimit = recordOp("checkLimit");
const raiseIfOp = recordOp("raiseIf");
const scriptOp = recordOp("script");
const ioOp = recordOp("io");
const leaveOp = recordOp("leave");
const jumpBool = recordOp("jumpBool");
const dataOp = recordOp("data");

/** Pure operations that have generic records only: by IR op, by width. −1: none at that width. */
const findOp = (name: string): number => findRecordOp(name) ?? -1;
const generic: readonly (readonly number[])[] = irOpNames.map((name) => widths.map((w) => findOp(`${name}${w}`)));
const rotateImmediate = new Map(
  ["rotl", "rotr"].flatMap((kind) => [32, 64].map((w) => [IrOp[kind as "rotl"] * 256 + w, recordOp(`${kind}${w}i`)])),
);
const mulImmediate = byWidth((w) => `mul${w}i`);
/** By width, 32 and 64 only: imul with its flags. */
const mulFlags = [-1, -1, recordOp("mul32f"), recordOp("mul64f")];
const mulImmediateFlags = [-1, -1, recordOp("mul32if"), recordOp("mul64if")];
const flagsKindNames = ["add", "sub", "logic", "inc", "dec", "shl", "shr", "sar", "rol", "ror", "mul"];
const flagsOps = flagsKindNames.map((kind) => byWidth((w) => `flags${kind}${w}`));
const setStatus = recordOp("setStatus");
/** CF, PF, AF, ZF, SF, OF. */
const STATUS_FLAGS = 0x8d5;
const setFlagOps = new Map([0, 2, 4, 6, 7, 10, 11].map((flag) => [flag, recordOp(`setFlag${flag}`)]));
const getFlagOps = new Map([4, 10].map((flag) => [flag, recordOp(`getFlag${flag}`)]));
const flagConditions = new Map<number, number>([
  [Flag.CF, 2],
  [Flag.ZF, 4],
  [Flag.SF, 8],
  [Flag.OF, 0],
  [Flag.PF, 10],
]);
/** Record ops of helpers that have a fast path in WebAssembly; −1 where TypeScript does it all. */
const helperRecordOps = helperNames.map((name) => findOp(`helper:${name}`));
/** Their fast paths take the offset for the linear address: of an operand in the segment named by `hi`, of one in ES. */
const flatOperand = helperNames.map((name) => (name === "x87Store" || name === "repMovs" ? 1 : 0));
const flatDestination = helperNames.map((name) => (name === "repMovs" || name === "repStos" ? 1 : 0));
/** Record ops of x87Operate… helpers by their op, the low four bits of their first constant. */
const operateRecordOps = new Map(
  helperNames.flatMap((name, number) =>
    name.startsWith("x87Operate")
      ? [[number, Array.from({ length: 16 }, (_, low) => findOp(x87OperateName(name, low)))] as const]
      : [],
  ),
);
/** Record ops of lane-wise operations; −1 where TypeScript evaluates. */
const simdRecordOps = simdOpNames.map((name) => findOp(`simd:${name}`));

/** By cmp or test op number: the fused ops by condition code >> 1, −1 where there is none. */
const fusedOps = new Map<number, readonly number[]>();
for (const width of widths) {
  for (const imm of ["", "i"]) {
    for (const [name, conditions] of [
      ["cmp", cmpConditions],
      ["test", testConditions],
    ] as const) {
      const fused = conditionCodes.map((cc) =>
        conditions.includes(cc) ? recordOp(`${name}${width}${imm}j${cc}`) : -1,
      );
      fusedOps.set(recordOp(`${name}${width}${imm}`), fused);
    }
  }
}

for (const name of ["add32if", "add64if", "sub32if", "sub64if", "dec32f", "dec64f"]) {
  fusedOps.set(
    recordOp(name),
    conditionCodes.map((cc) => (cc === 4 ? recordOp(`${name}j4`) : -1)),
  );
}

/** Rows after which nothing may be moved ahead. */
const isBarrier = irOpNames.map((name) => irOps[name].effect === "fault" || irOps[name].effect === "end");
const touchesFlags = irOpNames.map((name) =>
  ["flags", "setFlag", "getFlag", "cond", "getRflags", "setRflags", "helper"].includes(name),
);
const isComparison = irOpNames.map((name) => (comparisonNames as readonly string[]).includes(name));
const commutative = irOpNames.map((name) => ["add", "and", "or", "xor", "mul"].includes(name));

/** How an instruction ends; `Selector.instruction` returns it. Targets are in `targetLow`/`targetHigh`. */
export const End = {
  /** The next instruction follows in the same block. */
  Next: 0,
  /** The same, but the block must end (a helper was called). */
  NextBlock: 1,
  /** To the target. */
  Jump: 2,
  /** A record with two block pointers was written: `t` is where it falls through. */
  Branch: 3,
  /** The block's last record was written. */
  Done: 4,
  /** As Branch, with the target being the instruction itself. */
  Repeat: 5,
} as const;
export type End = (typeof End)[keyof typeof End];

function foldConstants(op: number, a: number, b: number): number {
  if (op === IrOp.add) return (a + b) | 0;
  if (op === IrOp.sub) return (a - b) | 0;
  if (op === IrOp.and) return a & b;
  return op === IrOp.or ? a | b : a ^ b;
}

type Rule = (s: Selector, row: number, width: number, op: number) => void;

export class Selector {
  /** Where the next record goes: byte offset. */
  at = 0;
  targetLow = 0;
  targetHigh = 0;
  /** RIP of the instruction, set before `instruction`. */
  ripLow = 0;
  ripHigh = 0;
  /** The records contain it. */
  usedRip = false;
  /** Of End.Branch and Repeat: the taken and fall-through pointers of the last record are swapped. */
  swapped = false;
  /** Condition code of the last branch, −1: it was on a value. */
  condition = -1;

  private readonly u16: Uint16Array;
  private readonly i32: Int32Array;
  private rows: Int32Array = new Int32Array(0);
  private count = 0;
  private first = 0;
  /** The mode key, and what follows from it: segments whose accesses may be inline, as bits. No key yet: all keys differ from NaN. */
  private key = Number.NaN;
  private inlineSegments = 0;
  private code64 = false;
  private checksAlignment = false;
  private usesHelper = false;

  private readonly kind = new Uint8Array(MAX_ROWS);
  private readonly slot = new Int32Array(MAX_ROWS);
  private readonly uses = new Int16Array(MAX_ROWS);
  /** The only or last row that uses a value. */
  private readonly user = new Int16Array(MAX_ROWS);
  /** Row whose slot an alias shares (trunc, zext, not of a condition), or −1. */
  private readonly parent = new Int16Array(MAX_ROWS);
  /** Is the value zero-extended to 64 bits in its slot? */
  private readonly clean = new Uint8Array(MAX_ROWS);
  private readonly setRow = new Int16Array(MAX_ROWS);
  private readonly flagsRow = new Int16Array(MAX_ROWS);
  private readonly done = new Uint8Array(MAX_ROWS);
  private readonly constLow = new Int32Array(MAX_ROWS);
  private readonly constHigh = new Int32Array(MAX_ROWS);
  private readonly freeTemps = new Int16Array(TEMPS);
  private freeCount = 0;
  private nextTemp = 0;

  // The address that `memoryOperand` found.
  private memBase = 0;
  private memIndex = 0;
  private memShift = 0;
  private memDisp = 0;
  private memIndexed = false;

  // The last `based` record: row of its offset, StateOffset of its top, bytes, and where its result is.
  private basedRow = -1;
  private basedTop = 0;
  private basedBytes = 0;
  private basedSlot = 0;

  constructor(buffer: ArrayBufferLike) {
    this.u16 = new Uint16Array(buffer);
    this.i32 = new Int32Array(buffer);
  }

  emit(op: number, d: number, a: number, b: number, imm: number, t: number): void {
    const { u16, i32, at } = this;
    u16[at >>> 1] = op;
    u16[(at >>> 1) + 1] = d;
    u16[(at >>> 1) + 2] = a;
    u16[(at >>> 1) + 3] = b;
    i32[(at >>> 2) + 2] = imm;
    i32[(at >>> 2) + 3] = t;
    this.at = at + RECORD_BYTES;
  }

  /** Writes the records of one instruction at `at`. Its terminator decides what comes back. */
  instruction(rows: Int32Array, count: number, key: number): End {
    this.rows = rows;
    this.count = count;
    this.first = this.at;
    if (key !== this.key) this.setKey(key);
    this.usesHelper = false;
    this.usedRip = false;
    this.scan();
    const last = count - 1;
    for (let row = 0; row < last; row++) if (this.done[row] === 0) this.select(row);
    return this.terminate(last);
  }

  // ---- analysis

  private field(row: number, field: number): number {
    return this.rows[row * IR_STRIDE + field]!;
  }

  private opOf(row: number): number {
    return this.rows[row * IR_STRIDE]!;
  }

  private widthOf(row: number): number {
    return this.opOf(row) === IrOp.ea ? 64 : this.field(row, IrField.Width);
  }

  private scan(): void {
    const { uses, user, setRow, flagsRow, rows, count } = this;
    this.freeCount = 0;
    this.nextTemp = 0;
    this.basedRow = -1;
    for (let row = 0; row < count; row++) {
      uses[row] = 0;
      user[row] = -1;
      setRow[row] = -1;
      flagsRow[row] = -1;
      this.kind[row] = Kind.None;
      this.parent[row] = -1;
      this.clean[row] = 0;
      this.done[row] = 0;
    }
    for (let row = 0; row < count; row++) {
      const at = row * IR_STRIDE;
      for (let field = IrField.A; field <= IrField.C; field++) {
        const v = rows[at + field]!;
        if (v === IR_NONE) continue;
        uses[v] = uses[v]! + 1;
        user[v] = row;
      }
      const op = rows[at]!;
      if (op === IrOp.set || op === IrOp.setXmm) {
        const v = rows[at + IrField.A]!;
        if (setRow[v] === -1) setRow[v] = row;
      } else if (op === IrOp.flags) {
        const v = rows[at + IrField.C]!;
        if (v !== IR_NONE && flagsRow[v] === -1) flagsRow[v] = row;
      }
    }
  }

  // ---- values

  private allocTemp(): number {
    const temp = this.freeCount > 0 ? this.freeTemps[--this.freeCount]! : this.nextTemp++;
    // 160 slots; the longest fragments of x86-lift keep a few dozen values alive.
    if (temp >= TEMPS) throw new Error("IR fragment with more than 160 live values");
    return StateOffset.temps + temp * TEMP_BYTES;
  }

  private consume(row: number): void {
    const left = this.uses[row]! - 1;
    this.uses[row] = left;
    if (left === 0) this.release(row);
  }

  private release(row: number): void {
    const kind = this.kind[row];
    if (kind === Kind.Ea) {
      const a = this.field(row, IrField.A);
      const b = this.field(row, IrField.B);
      if (a !== IR_NONE) this.consume(a);
      if (b !== IR_NONE) this.consume(b);
    } else if (this.parent[row] !== -1) {
      this.consume(this.parent[row]!);
    } else if (kind === Kind.Slot) {
      const slot = this.slot[row]!;
      if (slot >= StateOffset.temps && slot !== TRASH)
        this.freeTemps[this.freeCount++] = (slot - StateOffset.temps) / TEMP_BYTES;
    }
  }

  /** Consumes the row's own operands. */
  private consumeOperands(row: number): void {
    for (let field = IrField.A; field <= IrField.C; field++) {
      const v = this.field(row, field);
      if (v !== IR_NONE) this.consume(v);
    }
  }

  private define(row: number, slot: number, clean: boolean): void {
    this.kind[row] = Kind.Slot;
    this.slot[row] = slot;
    this.clean[row] = clean ? 1 : 0;
    if (this.uses[row] === 0) this.release(row);
  }

  private defineConst(row: number, low: number, high: number): void {
    const width = this.widthOf(row);
    this.kind[row] = Kind.Const;
    this.constLow[row] = width === 1 ? low & 1 : width === 8 ? low & 0xff : width === 16 ? low & 0xffff : low;
    this.constHigh[row] = width === 64 ? high : 0;
  }

  /** Another name for the value of `of`, whose use passes to the new row. */
  private defineAlias(row: number, of: number, clean: boolean): void {
    if (this.uses[row] === 0) {
      this.consume(of);
      return;
    }
    this.kind[row] = this.kind[of]!;
    this.slot[row] = this.slot[of]!;
    this.parent[row] = of;
    this.clean[row] = clean ? 1 : 0;
  }

  /** The value becomes a plain slot value in a temporary of its own. */
  private moveToTemp(row: number): void {
    const width = this.widthOf(row);
    const kind = this.kind[row];
    const temp = this.allocTemp();
    let clean = true;
    if (kind === Kind.Const) {
      this.emitConst(temp, this.constLow[row]!, this.constHigh[row]!);
    } else if (kind === Kind.Ea) {
      this.emitEa(row, temp, 64);
    } else if (kind === Kind.Cond) {
      const cc = this.slot[row]!;
      this.emit(getcc[cc >> 1]!, temp, 0, 0, 0, cc & 1);
    } else if (width === 128) {
      this.emit(mov128, temp, this.slot[row]!, 0, 0, 0);
    } else {
      // All 64 bits when the alias of a wider clean value may rely on them.
      const whole = this.clean[row] === 1 || width === 64;
      clean = whole || width === 32;
      this.emit(move[whole ? 3 : log(width === 1 ? 8 : width)]!, temp, this.slot[row]!, 0, 0, 0);
    }
    if (kind === Kind.Ea) this.release(row);
    else if (this.parent[row] !== -1) this.consume(this.parent[row]!);
    this.parent[row] = -1;
    this.kind[row] = Kind.Slot;
    this.slot[row] = temp;
    this.clean[row] = clean ? 1 : 0;
  }

  private emitConst(d: number, low: number, high: number): void {
    if (high === low >> 31) this.emit(moveImmediate[3]!, d, 0, 0, low, 0);
    else this.emit(mov64full, d, 0, 0, low, high);
  }

  /** Slot of a value, computing it now if it is pending. */
  private operand(row: number): number {
    if (this.kind[row] !== Kind.Slot) {
      if (this.kind[row] === Kind.Const && (this.constLow[row]! | this.constHigh[row]!) === 0) return StateOffset.zero;
      this.moveToTemp(row);
    }
    return this.slot[row]!;
  }

  /** Is it a constant that fits a sign-extended 32-bit immediate at its width? */
  private isImmediate(row: number): boolean {
    if (this.kind[row] !== Kind.Const) return false;
    return this.widthOf(row) !== 64 || this.constHigh[row] === this.constLow[row]! >> 31;
  }

  private immediate(row: number): number {
    const low = this.constLow[row]!;
    const width = this.widthOf(row);
    return width === 8 ? (low << 24) >> 24 : width === 16 ? (low << 16) >> 16 : low;
  }

  // ---- hazards

  private sizeOf(row: number): number {
    const width = this.widthOf(row);
    return width === 1 ? 1 : width >>> 3;
  }

  /** Pending values that read these bytes of the state and are still wanted move to temporaries. */
  private saveReaders(slot: number, bytes: number, upTo: number): void {
    for (let row = 0; row < upTo; row++) {
      if (this.kind[row] === Kind.Slot && this.uses[row]! > 0 && this.overlaps(row, slot, bytes)) this.moveToTemp(row);
    }
  }

  private overlaps(row: number, slot: number, bytes: number): boolean {
    const at = this.slot[row]!;
    return at < StateOffset.temps && at < slot + bytes && slot < at + this.sizeOf(row);
  }

  /** Conditions that are still wanted are evaluated before the flags change. */
  private saveConditions(upTo: number): void {
    for (let row = 0; row < upTo; row++) {
      if (this.kind[row] === Kind.Cond && this.uses[row]! > 0) this.moveToTemp(row);
    }
  }

  /** Before anything that may change any state. */
  private saveAll(upTo: number): void {
    this.saveConditions(upTo);
    for (let row = 0; row < upTo; row++) {
      if (this.kind[row] === Kind.Slot && this.uses[row]! > 0 && this.slot[row]! < StateOffset.temps)
        this.moveToTemp(row);
    }
  }

  private gprSlot(width: number, x: number): number {
    return width === 8 && x >= 16 ? StateOffset.gpr + (x - 16) * 8 + 1 : StateOffset.gpr + x * 8;
  }

  /**
   * Where the result of `row` (whose operands are consumed) goes: the register of its `set` when that is safe, which
   * is then done, else a temporary. `from`: the row at whose place the record stands.
   */
  private destination(row: number, from: number = row): number {
    const set = this.setRow[row]!;
    if (set !== -1 && this.done[set] === 0) {
      const width = this.field(set, IrField.Width);
      const vector = this.opOf(set) === IrOp.setXmm;
      const x = this.field(set, IrField.X);
      const slot = vector ? StateOffset.xmm + x * 16 : this.gprSlot(width, x);
      const bytes = vector ? 16 : width === 32 ? 8 : width >>> 3;
      if (!(vector && width !== 128) && this.mayWriteEarly(from, set, slot, bytes)) {
        this.done[set] = 1;
        this.uses[row] = this.uses[row]! - 1;
        return slot;
      }
    }
    return this.uses[row] === 0 ? TRASH : this.allocTemp();
  }

  private mayWriteEarly(row: number, set: number, slot: number, bytes: number): boolean {
    for (let r = row + 1; r < set; r++) {
      const op = this.opOf(r);
      if (this.done[r] === 1) continue;
      if (isBarrier[op] || op === IrOp.getField || op === IrOp.setField) return false;
      if (op === IrOp.get || op === IrOp.set) {
        const width = this.field(r, IrField.Width);
        const at = this.gprSlot(width, this.field(r, IrField.X));
        const size = op === IrOp.set && width === 32 ? 8 : width >>> 3;
        if (at < slot + bytes && slot < at + size) return false;
      } else if (op === IrOp.getXmm || op === IrOp.setXmm) {
        const at = StateOffset.xmm + this.field(r, IrField.X) * 16;
        if (at < slot + bytes && slot < at + 16) return false;
      }
    }
    for (let r = 0; r < row; r++) {
      if (this.kind[r] === Kind.Slot && this.uses[r]! > 0 && this.overlaps(r, slot, bytes)) return false;
    }
    return true;
  }

  // ---- rows

  private select(row: number): void {
    const op = this.opOf(row);
    Selector.ruleByOp[op]!(this, row, this.field(row, IrField.Width), op);
  }

  /** What each IR operation becomes; those that are not here have generic records. */
  private static readonly rules: { readonly [K in IrOpName]?: Rule } = {
    const: (s, row) => s.defineConst(row, s.field(row, IrField.Lo), s.field(row, IrField.Hi)),
    get: (s, row, width) => s.define(row, s.gprSlot(width, s.field(row, IrField.X)), width === 64),
    getXmm: (s, row, width) => s.define(row, StateOffset.xmm + s.field(row, IrField.X) * 16, width === 64),
    getMm: (s, row, width) => s.define(row, StateOffset.x87 + s.field(row, IrField.X) * 16, width === 64),
    getField: (s, row, width) => s.define(row, stateFieldOffsets[s.field(row, IrField.X)]!, width === 64),
    set: (s, row, width) => s.set(row, s.gprSlot(width, s.field(row, IrField.X)), width === 32 ? 8 : width >>> 3),
    setXmm: (s, row, width) => s.set(row, StateOffset.xmm + s.field(row, IrField.X) * 16, width >>> 3, width === 32),
    setMm: (s, row) => {
      const slot = StateOffset.x87 + s.field(row, IrField.X) * 16;
      s.set(row, slot, 8);
      s.emit(moveImmediate[1]!, slot + 8, 0, 0, -1, 0);
    },
    setField: (s, row, width) => s.set(row, stateFieldOffsets[s.field(row, IrField.X)]!, width >>> 3, width === 32),
    ea: (s, row, width) => s.ea(row, width),
    load: (s, row, width) => s.load(row, width),
    store: (s, row, width) => s.store(row, width),
    probe: (s, row) =>
      s.script(row, Script.Probe, s.field(row, IrField.X), s.field(row, IrField.Lo) | (s.field(row, IrField.Hi) << 16)),
    add: (s, row, width, op) => s.binary(row, op, width === 1 ? 32 : width),
    sub: (s, row, width, op) => s.binary(row, op, width === 1 ? 32 : width),
    and: (s, row, width, op) => s.binary(row, op, width === 1 ? 32 : width),
    or: (s, row, width, op) => s.binary(row, op, width === 1 ? 32 : width),
    xor: (s, row, width, op) => s.binary(row, op, width === 1 ? 32 : width),
    mul: (s, row, width) => s.multiply(row, width),
    not: (s, row, width) => s.not(row, width),
    neg: (s, row, width) => s.negate(row, width),
    shl: (s, row, width, op) => s.shift(row, op, width),
    shr: (s, row, width, op) => s.shift(row, op, width),
    sar: (s, row, width, op) => s.shift(row, op, width),
    zext: (s, row, width) => s.zeroExtend(row, width),
    sext: (s, row, width) => s.signExtend(row, width),
    trunc: (s, row, width) => s.truncate(row, width),
    select: (s, row, width) => s.choose(row, width),
    cond: (s, row) => {
      s.kind[row] = Kind.Cond;
      s.slot[row] = s.field(row, IrField.X);
      return;
    },
    getFlag: (s, row) => {
      const flag = s.field(row, IrField.X);
      const cc = flagConditions.get(flag);
      if (cc !== undefined) {
        s.kind[row] = Kind.Cond;
        s.slot[row] = cc;
        return;
      }
      const d = s.destination(row);
      s.emit(getFlagOps.get(flag)!, d, 0, 0, 0, 0);
      s.define(row, d, true);
    },
    setFlag: (s, row) => {
      const a = s.field(row, IrField.A);
      const slot = s.operand(a);
      s.consume(a);
      s.saveConditions(row);
      s.emit(setFlagOps.get(s.field(row, IrField.X))!, 0, slot, 0, 0, 0);
    },
    flags: (s, row, width) => s.flags(row, width),
    getRflags: (s, row) => s.script(row, Script.GetRflags, 0, 0),
    setRflags: (s, row) => {
      s.saveConditions(row);
      if (s.field(row, IrField.Lo) === STATUS_FLAGS) {
        const a = s.field(row, IrField.A);
        const slot = s.operand(a);
        s.consume(a);
        s.emit(setStatus, 0, slot, 0, 0, 0);
        return;
      }
      s.script(row, Script.SetRflags, s.field(row, IrField.Lo), 0);
    },
    simd: (s, row) => s.simd(row),
    helper: (s, row) =>
      s.script(row, FIRST_HELPER + s.field(row, IrField.X), s.field(row, IrField.Lo), s.field(row, IrField.Hi)),
    raiseIf: (s, row) => {
      const a = s.field(row, IrField.A);
      const slot = s.operand(a);
      s.consume(a);
      s.emit(raiseIfOp, s.field(row, IrField.X), slot, s.field(row, IrField.Hi), Leave.Raise, s.field(row, IrField.Lo));
    },
    checkTarget: (s, row) => {
      const a = s.field(row, IrField.A);
      const slot = s.operand(a);
      s.consume(a);
      s.emit(s.code64 ? checkCanonical : checkLimit, 13, slot, 1, Leave.Raise, 0);
    },
  };
  private static readonly ruleByOp: readonly Rule[] = irOpNames.map(
    (name) => Selector.rules[name] ?? ((s, row, width, op) => s.pure(row, op, width)),
  );

  private set(row: number, slot: number, bytes: number, keepUpper = false): void {
    const v = this.field(row, IrField.A);
    const width = this.field(row, IrField.Width);
    const kind = this.kind[v];
    if (kind === Kind.Const) {
      const [low, high] = [this.constLow[v]!, this.constHigh[v]!];
      const immediate = this.immediate(v);
      this.consume(v);
      this.saveReaders(slot, bytes, row);
      if (keepUpper) this.emit(movlow32i, slot, 0, 0, low, 0);
      else if (width === 64) this.emitConst(slot, low, high);
      else this.emit(moveImmediate[log(width)]!, slot, 0, 0, immediate, 0);
      return;
    }
    if (kind === Kind.Ea) {
      this.setEa(row, v, slot, bytes);
      return;
    }
    if (kind === Kind.Cond) this.moveToTemp(v);
    const from = this.slot[v]!;
    // The value itself may be another register that this write does not touch; if it does, nothing is to be done
    // unless the upper half must be cleared.
    this.uses[v] = this.uses[v]! - 1;
    this.saveReaders(slot, bytes, row);
    this.uses[v] = this.uses[v]! + 1;
    if (width === 128) {
      if (from !== slot) this.emit(mov128, slot, from, 0, 0, 0);
    } else if (keepUpper) {
      if (from !== slot) this.emit(movlow32, slot, from, 0, 0, 0);
    } else if (from !== slot || width === 32) {
      this.emit(move[log(width)]!, slot, from, 0, 0, 0);
    }
    this.consume(v);
  }

  private setEa(row: number, v: number, slot: number, bytes: number): void {
    const base = this.eaSlot(v, IrField.A);
    const index = this.eaSlot(v, IrField.B);
    const low = this.field(v, IrField.Lo);
    const shift = 31 - Math.clz32(this.field(v, IrField.X) || 1);
    this.consume(v);
    this.saveReaders(slot, bytes, row);
    if (index !== StateOffset.zero) {
      this.emit(lea64, slot, base, index, low, shift);
      return;
    }
    const previous = this.at - RECORD_BYTES;
    if (
      slot === RSP &&
      base === RSP &&
      low === 8 &&
      previous >= this.first &&
      this.u16[previous >>> 1] === loadOps[0]![3] &&
      this.u16[(previous >>> 1) + 2] === RSP &&
      this.i32[(previous >>> 2) + 2] === 0 &&
      this.u16[(previous >>> 1) + 1] !== RSP &&
      ((this.i32[(previous >>> 2) + 3]! >>> 8) & 7) === Segment.SS
    ) {
      this.u16[previous >>> 1] = pop64;
      return;
    }
    this.emit(alu[IrOp.add]!.immediate[3]!, slot, base, 0, low, 0);
  }

  /** Slot of a pending address's base or index; the zero slot when absent. */
  private eaSlot(row: number, field: number): number {
    const v = this.field(row, field);
    return v === IR_NONE ? StateOffset.zero : this.operand(v);
  }

  /** 64-bit addresses whose displacement fits stay pending; others are computed now. */
  private ea(row: number, width: number): void {
    const low = this.field(row, IrField.Lo);
    if (width === 64 && this.field(row, IrField.Hi) === low >> 31) {
      this.kind[row] = Kind.Ea;
      for (const field of [IrField.A, IrField.B]) {
        const v = this.field(row, field);
        if (v === IR_NONE) continue;
        if (this.kind[v] === Kind.Ea || this.kind[v] === Kind.Cond) this.moveToTemp(v);
      }
      if (this.uses[row] === 0) this.release(row);
      return;
    }
    let base = this.eaSlot(row, IrField.A);
    const index = this.eaSlot(row, IrField.B);
    const shift = 31 - Math.clz32(this.field(row, IrField.X) || 1);
    // Narrow registers in wider slots carry foreign upper bits, which the truncation at the end removes.
    this.consumeOperands(row);
    let d = this.destination(row);
    const clashes = d === base || d === index;
    if (width === 64) {
      const sum = clashes ? this.allocTemp() : d;
      this.emit(mov64full, sum, 0, 0, low, this.field(row, IrField.Hi));
      this.emit(alu[IrOp.add]!.plain[3]!, sum, sum, base, 0, 0);
      base = sum;
      this.emit(lea64, d, base, index, 0, shift);
    } else {
      this.emit(width === 32 ? lea32 : lea16, d, base, index, low, shift);
      if (width === 32 && d === RSP) this.fusePop32();
    }
    d |= 0;
    this.define(row, d, true);
  }

  private emitEa(row: number, d: number, width: 32 | 64): void {
    const shift = 31 - Math.clz32(this.field(row, IrField.X) || 1);
    const base = this.eaSlot(row, IrField.A);
    const index = this.eaSlot(row, IrField.B);
    this.emit(width === 64 ? lea64 : lea32, d, base, index, this.field(row, IrField.Lo), shift);
  }

  // ---- memory

  /** May the access be made inline? */
  private isInline(segment: number, flags: number, width: number, write: boolean): boolean {
    if ((this.inlineSegments & (1 << segment)) === 0) return false;
    // Outside 64-bit code no code segment is writable: the slow path raises #GP.
    if (write && segment === Segment.CS && !this.code64) return false;
    return flags === 0 || (flags & NEVER_INLINE) === 0 || (flags === MemoryFlag.Aligned && width === 128);
  }

  private setKey(key: number): void {
    this.key = key;
    this.code64 = modeKeyBitness(key) === 64;
    this.inlineSegments = 0;
    this.checksAlignment = modeKeyHas(key, "alignmentCheck");
    if (this.checksAlignment) return;
    for (let segment = Segment.ES as number; segment <= Segment.GS; segment++) {
      const inline = isFlatSegment(key, segment) || (this.code64 && segment >= Segment.FS);
      if (inline) this.inlineSegments |= 1 << segment;
    }
  }

  /** May it be made inline by a linear address that a `based` record computes? */
  private mayBeBased(flags: number, width: number): boolean {
    if (this.code64 || this.checksAlignment) return false;
    return (flags & NEVER_INLINE) === 0 || (flags === MemoryFlag.Aligned && width === 128);
  }

  /** The linear address of `offset` in the segment is the operand; one that the instruction has computed is used again. */
  private basedOperand(offset: number, segment: number, bytes: number, write: boolean): void {
    this.memIndexed = false;
    this.memIndex = 0;
    this.memShift = 0;
    this.memDisp = 0;
    const top = (write ? StateOffset.writeTop : StateOffset.readTop) + segment * 8;
    if (this.basedRow !== offset || this.basedTop !== top || this.basedBytes !== bytes) {
      this.basedRow = offset;
      this.basedTop = top;
      this.basedBytes = bytes;
      const slot = this.operand(offset);
      // Never freed: it lasts as long as the instruction.
      this.basedSlot = this.allocTemp();
      this.emit(based, this.basedSlot, slot, top, bytes - 1, StateOffset.segmentBase + segment * 8);
    }
    this.memBase = this.basedSlot;
  }

  /** Finds base, index, shift and displacement of the address in row v; `inline`: add the base of FS or GS. */
  private memoryOperand(v: number, segment: number, inline: boolean): void {
    this.memIndexed = false;
    this.memIndex = 0;
    this.memShift = 0;
    this.memDisp = 0;
    if (
      this.kind[v] === Kind.Ea &&
      !(inline && segment >= Segment.FS && this.field(v, IrField.B) !== IR_NONE) &&
      (inline || this.field(v, IrField.B) === IR_NONE)
    ) {
      this.memBase = this.eaSlot(v, IrField.A);
      this.memDisp = this.field(v, IrField.Lo);
      if (this.field(v, IrField.B) !== IR_NONE) {
        this.memIndexed = true;
        this.memIndex = this.eaSlot(v, IrField.B);
        this.memShift = 31 - Math.clz32(this.field(v, IrField.X) || 1);
      }
    } else if (this.kind[v] === Kind.Const && this.constHigh[v] === this.constLow[v]! >> 31) {
      this.memBase = StateOffset.zero;
      this.memDisp = this.constLow[v]!;
    } else {
      this.memBase = this.operand(v);
    }
    if (inline && segment >= Segment.FS) {
      this.memIndexed = true;
      this.memIndex = StateOffset.segmentBase + segment * 8;
    }
  }

  private load(row: number, width: number): void {
    const v = this.field(row, IrField.A);
    const segment = this.field(row, IrField.X);
    const flags = this.field(row, IrField.Lo);
    const forWrite = (flags & MemoryFlag.ForWrite) !== 0;
    const isWide = width === 128 && forWrite;
    const isFlat = this.isInline(segment, flags, width, forWrite) && !isWide;
    const isBased = !isFlat && !isWide && this.mayBeBased(flags, width);
    const inline = isFlat || isBased;
    if (isBased) this.basedOperand(v, segment, width >>> 3, forWrite);
    else this.memoryOperand(v, segment, inline);
    const x = this.memIndexed ? 1 : 0;
    const { memBase, memIndex, memDisp } = this;
    const isLinear = isBased || (inline && segment >= Segment.FS);
    const word = memoryWord(this.memShift, segment, flags, width >>> 3) | (isLinear ? MEMORY_LINEAR : 0);
    let op: number;
    let result = row;
    let clean = width >= 32;
    if (!inline) op = slowLoads.get(width >>> 3)!;
    else if (width === 128) op = vectorOps[x]!.load[(flags & MemoryFlag.Aligned) !== 0 ? 1 : 0]!;
    else {
      op = (forWrite ? loadWriteOps : loadOps)[x]![log(width)]!;
      const user = this.user[row]!;
      if (!forWrite && this.uses[row] === 1 && width < 64) {
        const to = this.field(user, IrField.Width);
        if (this.opOf(user) === IrOp.zext && to >= 32 && to <= 64) {
          if (width < 32) op = loadZeroOps[x]![log(width)]!;
          result = user;
        } else if (this.opOf(user) === IrOp.sext && to >= 32 && to <= 64) {
          op = loadSignOps[x]!.get(width * 256 + to)!;
          result = user;
        }
        if (result !== row) {
          this.done[result] = 1;
          clean = true;
        }
      }
    }
    this.consume(v);
    const d = this.destination(result, row);
    this.emit(op, d, memBase, memIndex, memDisp, word);
    this.define(result, d, clean);
  }

  private store(row: number, width: number): void {
    const address = this.field(row, IrField.A);
    const v = this.field(row, IrField.B);
    const segment = this.field(row, IrField.X);
    const flags = this.field(row, IrField.Lo);
    const isFlat = this.isInline(segment, flags, width, true);
    if (isFlat && (this.pushes(row, address, v, segment, width) || this.pushes32(row, address, v, segment, width)))
      return;
    const isBased = !isFlat && this.mayBeBased(flags, width);
    const inline = isFlat || isBased;
    if (isBased) this.basedOperand(address, segment, width >>> 3, true);
    else this.memoryOperand(address, segment, inline);
    const { memBase, memIndex, memDisp, memIndexed } = this;
    const isLinear = isBased || (inline && segment >= Segment.FS);
    const word = memoryWord(this.memShift, segment, flags, width >>> 3) | (isLinear ? MEMORY_LINEAR : 0);
    if (
      inline &&
      !memIndexed &&
      width <= 64 &&
      this.isImmediate(v) &&
      this.immediate(v) === (this.immediate(v) << 16) >> 16
    ) {
      this.emit(storeImmediate[log(width)]!, 0, memBase, this.immediate(v), memDisp, word);
    } else {
      const value = this.operand(v);
      const x = memIndexed ? 1 : 0;
      const op = !inline
        ? slowStores.get(width >>> 3)!
        : width === 128
          ? vectorOps[x]!.store[(flags & MemoryFlag.Aligned) !== 0 ? 1 : 0]!
          : storeOps[x]![log(width)]!;
      this.emit(op, value, memBase, memIndex, memDisp, word);
    }
    this.consume(v);
    this.consume(address);
  }

  /** A 64-bit store at rSP − 8 with the `set` of rSP behind it: one record. */
  private pushes(row: number, address: number, v: number, segment: number, width: number): boolean {
    const next = row + 1;
    if (width !== 64 || segment !== Segment.SS || this.kind[address] !== Kind.Ea || this.opOf(next) !== IrOp.set)
      return false;
    if (
      this.field(next, IrField.A) !== address ||
      this.field(next, IrField.X) !== 4 ||
      this.field(next, IrField.Width) !== 64
    )
      return false;
    if (
      this.field(address, IrField.B) !== IR_NONE ||
      this.field(address, IrField.Lo) !== -8 ||
      this.uses[address] !== 2
    )
      return false;
    if (this.eaSlot(address, IrField.A) !== RSP) return false;
    const constant = this.isImmediate(v);
    const value = constant ? this.immediate(v) : this.operand(v);
    this.consume(v);
    this.consume(address);
    this.consume(address);
    this.saveReaders(RSP, 8, row);
    const word = memoryWord(0, Segment.SS, 0, 8);
    if (constant) this.emit(push64i, 0, 0, 0, value, word);
    else this.emit(push64, value, 0, 0, 0, word);
    this.done[next] = 1;
    return true;
  }

  /** The same of 32 bits, where the record before has computed the address. */
  private pushes32(row: number, address: number, v: number, segment: number, width: number): boolean {
    const next = row + 1;
    if (width !== 32 || segment !== Segment.SS || this.code64 || this.kind[address] !== Kind.Slot) return false;
    if (this.opOf(next) !== IrOp.set || this.field(next, IrField.A) !== address || this.uses[address] !== 2)
      return false;
    if (this.field(next, IrField.X) !== 4 || this.field(next, IrField.Width) !== 64) return false;
    const before = this.at - RECORD_BYTES;
    if (!this.isStackAddress(before, this.slot[address]!, -4)) return false;
    this.at = before;
    const constant = this.isImmediate(v);
    const value = constant ? this.immediate(v) : this.operand(v);
    this.consume(v);
    this.consume(address);
    this.consume(address);
    this.saveReaders(RSP, 8, row);
    const word = memoryWord(0, Segment.SS, 0, 4);
    if (constant) this.emit(push32i, 0, 0, 0, value, word);
    else this.emit(push32, value, 0, 0, 0, word);
    this.done[next] = 1;
    return true;
  }

  /** Is the record at `at`, one of this instruction, slot ← ESP + bytes? */
  private isStackAddress(at: number, slot: number, bytes: number): boolean {
    const { u16, i32 } = this;
    return (
      at >= this.first &&
      u16[at >>> 1] === lea32 &&
      u16[(at >>> 1) + 1] === slot &&
      u16[(at >>> 1) + 2] === RSP &&
      u16[(at >>> 1) + 3] === StateOffset.zero &&
      i32[(at >>> 2) + 2] === bytes
    );
  }

  /** Behind ESP ← ESP + 4: a load from the old ESP before it becomes one record with it. */
  private fusePop32(): void {
    const { u16, i32 } = this;
    const [address, load, step] = [this.at - 48, this.at - 32, this.at - 16];
    const slot = u16[(load >>> 1) + 2]!;
    if (address < this.first || !this.isStackAddress(step, RSP, 4) || !this.isStackAddress(address, slot, 0)) return;
    if (slot < StateOffset.temps || u16[load >>> 1] !== loadOps[0]![2] || i32[(load >>> 2) + 2] !== 0) return;
    const [d, word] = [u16[(load >>> 1) + 1]!, i32[(load >>> 2) + 3]!];
    if (d === RSP || word !== memoryWord(0, Segment.SS, 0, 4)) return;
    this.at = address;
    this.emit(pop32, d, 0, 0, 0, word);
  }

  // ---- arithmetic

  /** The `flags` row that the operation in `row` can take along, or −1. */
  private foldableFlags(row: number, width: number): number {
    const flags = this.flagsRow[row]!;
    if (flags === -1 || this.done[flags] === 1 || this.field(flags, IrField.Width) !== width) return -1;
    for (let r = row + 1; r < flags; r++) {
      if (this.done[r] === 1) continue;
      const op = this.opOf(r);
      if (isBarrier[op] || touchesFlags[op]) return -1;
    }
    return flags;
  }

  private takeFlags(flags: number): void {
    this.done[flags] = 1;
    this.consumeOperands(flags);
  }

  private binary(row: number, op: number, width: number): void {
    let a = this.field(row, IrField.A);
    let b = this.field(row, IrField.B);
    if (width <= 32 && this.kind[a] === Kind.Const && this.kind[b] === Kind.Const && this.flagsRow[row] === -1) {
      this.defineConst(row, foldConstants(op, this.constLow[a]!, this.constLow[b]!), 0);
      this.consumeOperands(row);
      return;
    }
    const flags = this.field(row, IrField.Width) === 1 ? -1 : this.foldableFlags(row, width);
    const kind = flags === -1 ? -1 : this.field(flags, IrField.X);
    const sameOperands = flags !== -1 && this.field(flags, IrField.A) === a && this.field(flags, IrField.B) === b;
    const size = log(width);
    const ops = alu[op]!;
    let plain = ops.plain[size]!;
    let immediateOp = ops.immediate[size]!;
    let fold = false;
    let step = false;
    if (op === IrOp.add) {
      fold = kind === FlagsKind.Add && sameOperands;
      step = kind === FlagsKind.Inc && this.isOne(b) && this.field(flags, IrField.A) === a;
    } else if (op === IrOp.sub) {
      fold = kind === FlagsKind.Sub && sameOperands;
      step = kind === FlagsKind.Dec && this.isOne(b) && this.field(flags, IrField.A) === a;
    } else {
      fold = kind === FlagsKind.Logic;
    }
    if (commutative[op] && this.isImmediate(a) && !step) [a, b] = [b, a];
    const immediate = this.isImmediate(b);
    if (fold || step) {
      this.saveConditions(row);
      if (step) immediateOp = (op === IrOp.add ? incFlags : decFlags)[size]!;
      else {
        plain = ops.flags[size]!;
        immediateOp = ops.immediateFlags[size]!;
      }
    }
    const slotA = this.operand(a);
    const slotB = immediate ? 0 : this.operand(b);
    const imm = immediate ? this.immediate(b) : 0;
    this.consumeOperands(row);
    if (fold || step) this.takeFlags(flags);
    if (this.uses[row] === 0) {
      if (!fold && !step) return;
      if (fold && (op === IrOp.sub || op === IrOp.and)) {
        const name = op === IrOp.sub ? "sub" : "and";
        const only = immediate ? compareOnlyImmediate[name][size]! : compareOnly[name][size]!;
        this.emit(only, 0, slotA, slotB, imm, 0);
        return;
      }
    }
    const d = this.destination(row);
    this.emit(immediate ? immediateOp : plain, d, slotA, slotB, imm, 0);
    this.define(row, d, width >= 32);
  }

  /** imul: the product, and flags that say whether its high half is more than a sign. */
  private multiply(row: number, width: number): void {
    const a = this.field(row, IrField.A);
    const b = this.field(row, IrField.B);
    const flags = width >= 32 ? this.foldableFlags(row, width) : -1;
    const overflow = flags === -1 ? -1 : this.field(flags, IrField.A);
    if (
      overflow === -1 ||
      this.field(flags, IrField.X) !== FlagsKind.Mul ||
      !this.isOverflow(overflow, row, a, b, width)
    ) {
      this.pure(row, IrOp.mul, width);
      return;
    }
    const high = this.field(overflow, IrField.A);
    const sign = this.field(overflow, IrField.B);
    this.saveConditions(row);
    const immediate = this.isImmediate(b);
    const slotA = this.operand(a);
    const slotB = immediate ? 0 : this.operand(b);
    const imm = immediate ? this.immediate(b) : 0;
    for (const r of [high, sign, overflow, flags]) this.done[r] = 1;
    // Uses by the rows that the record replaces.
    this.uses[row] = this.uses[row]! - 2;
    this.consume(a);
    this.consume(b);
    this.consumeOperands(row);
    const d = this.destination(row);
    this.emit((immediate ? mulImmediateFlags : mulFlags)[log(width)]!, d, slotA, slotB, imm, 0);
    this.define(row, d, true);
  }

  /** Is it `ne(mulHighS(a, b), sar(product, width − 1))`, of use to nobody but the flags? */
  private isOverflow(row: number, product: number, a: number, b: number, width: number): boolean {
    if (this.opOf(row) !== IrOp.ne || this.uses[row] !== 1) return false;
    const high = this.field(row, IrField.A);
    const sign = this.field(row, IrField.B);
    if (this.opOf(high) !== IrOp.mulHighS || this.uses[high] !== 1 || high < product) return false;
    if (this.field(high, IrField.A) !== a || this.field(high, IrField.B) !== b) return false;
    if (this.opOf(sign) !== IrOp.sar || this.uses[sign] !== 1 || this.field(sign, IrField.A) !== product) return false;
    const count = this.field(sign, IrField.B);
    return this.opOf(count) === IrOp.const && this.field(count, IrField.Lo) === width - 1;
  }

  private isOne(row: number): boolean {
    return this.kind[row] === Kind.Const && this.constLow[row] === 1 && this.constHigh[row] === 0;
  }

  private not(row: number, width: number): void {
    const a = this.field(row, IrField.A);
    if (this.kind[a] === Kind.Cond) {
      this.defineAlias(row, a, true);
      this.slot[row] = this.slot[row]! ^ 1;
      return;
    }
    const slot = this.operand(a);
    this.consume(a);
    const d = this.destination(row);
    const size = width === 1 ? 2 : log(width);
    this.emit(alu[IrOp.xor]!.immediate[size]!, d, slot, 0, width === 1 ? 1 : -1, 0);
    this.define(row, d, width === 1 || width >= 32);
  }

  private negate(row: number, width: number): void {
    const a = this.field(row, IrField.A);
    const slot = this.operand(a);
    this.consume(a);
    const d = this.destination(row);
    this.emit(alu[IrOp.sub]!.plain[log(width)]!, d, StateOffset.zero, slot, 0, 0);
    this.define(row, d, width >= 32);
  }

  private shift(row: number, op: number, width: number): void {
    const a = this.field(row, IrField.A);
    const b = this.field(row, IrField.B);
    const count = this.kind[b] === Kind.Const ? this.constLow[b]! : -1;
    if (count < 0 || count >= width) {
      this.pure(row, op, width);
      return;
    }
    const flags = this.foldableFlags(row, width);
    const kind = op === IrOp.shl ? 0 : op === IrOp.shr ? 1 : 2;
    const wanted = [FlagsKind.Shl, FlagsKind.Shr, FlagsKind.Sar][kind];
    const fold =
      flags !== -1 &&
      count > 0 &&
      this.field(flags, IrField.X) === wanted &&
      this.field(flags, IrField.A) === a &&
      this.field(flags, IrField.B) === b;
    if (fold) this.saveConditions(row);
    const slot = this.operand(a);
    this.consumeOperands(row);
    if (fold) this.takeFlags(flags);
    const d = this.destination(row);
    this.emit((fold ? shiftImmediateFlags : shiftImmediate)[kind]![log(width)]!, d, slot, 0, count, 0);
    this.define(row, d, width >= 32);
  }

  private zeroExtend(row: number, width: number): void {
    const a = this.field(row, IrField.A);
    const from = this.widthOf(a);
    const kind = this.kind[a];
    if (kind === Kind.Const && width <= 64) {
      this.defineConst(row, this.constLow[a]!, 0);
      this.consume(a);
      return;
    }
    if (width === 128) {
      if (this.clean[a] === 0 || kind !== Kind.Slot) this.moveClean(a, from);
      const slot = this.operand(a);
      this.consume(a);
      const d = this.destination(row);
      this.emit(zext128, d, slot, 0, 0, 0);
      this.define(row, d, false);
      return;
    }
    if (from === 1) {
      if (kind === Kind.Cond && width === 8) {
        const cc = this.slot[a]!;
        this.consume(a);
        const d = this.destination(row);
        this.emit(setcc[cc >> 1]!, d, 0, 0, 0, cc & 1);
        this.define(row, d, false);
        return;
      }
      this.operand(a);
      if (this.kind[a] === Kind.Const) this.moveToTemp(a);
      this.defineAlias(row, a, true);
      return;
    }
    if (kind === Kind.Slot && this.clean[a] === 1 && this.slot[a]! >= StateOffset.temps) {
      this.defineAlias(row, a, true);
      return;
    }
    const slot = this.operand(a);
    this.consume(a);
    const d = this.destination(row);
    this.emit(movzx.get(from * 256 + width)!, d, slot, 0, 0, 0);
    this.define(row, d, width >= 32);
  }

  /** The value in a temporary with zeros above its width, up to 64 bits. */
  private moveClean(row: number, width: number): void {
    if (this.kind[row] !== Kind.Slot) {
      this.moveToTemp(row);
      return;
    }
    const from = this.slot[row]!;
    const temp = this.allocTemp();
    if (width === 64 || width === 1) this.emit(move[3]!, temp, from, 0, 0, 0);
    else this.emit(movzx.get(width * 256 + 64)!, temp, from, 0, 0, 0);
    if (this.parent[row] !== -1) this.consume(this.parent[row]!);
    else if (from >= StateOffset.temps) this.freeTemps[this.freeCount++] = (from - StateOffset.temps) / TEMP_BYTES;
    this.parent[row] = -1;
    this.slot[row] = temp;
    this.clean[row] = 1;
  }

  private signExtend(row: number, width: number): void {
    const a = this.field(row, IrField.A);
    const from = this.widthOf(a);
    if (this.kind[a] === Kind.Const) {
      const low = from === 1 ? -this.constLow[a]! : this.immediate(a);
      this.defineConst(row, low, low >> 31);
      this.consume(a);
      return;
    }
    const slot = this.operand(a);
    this.consume(a);
    if (from === 1) {
      const temp = this.uses[row] === 0 ? TRASH : this.allocTemp();
      this.emit(boolsext, temp, slot, 0, 0, 0);
      this.define(row, temp, width === 64);
      return;
    }
    const d = this.destination(row);
    this.emit(movsx.get(from * 256 + width)!, d, slot, 0, 0, 0);
    this.define(row, d, width >= 32);
  }

  private truncate(row: number, width: number): void {
    const a = this.field(row, IrField.A);
    const kind = this.kind[a];
    if (kind === Kind.Const) {
      this.defineConst(row, this.constLow[a]!, this.constHigh[a]!);
      this.consume(a);
      return;
    }
    if (kind === Kind.Ea) {
      if (width === 32) {
        // lea r32: base and index first, so that they may be consumed before the destination is chosen.
        const base = this.eaSlot(a, IrField.A);
        const index = this.eaSlot(a, IrField.B);
        const low = this.field(a, IrField.Lo);
        const shift = 31 - Math.clz32(this.field(a, IrField.X) || 1);
        this.consume(a);
        const d = this.destination(row);
        this.emit(lea32, d, base, index, low, shift);
        this.define(row, d, true);
        return;
      }
      this.moveToTemp(a);
    }
    if (width === 1) {
      const slot = this.operand(a);
      this.consume(a);
      const d = this.destination(row);
      this.emit(boolOp, d, slot, 0, 0, 0);
      this.define(row, d, true);
      return;
    }
    this.defineAlias(row, a, false);
  }

  private choose(row: number, width: number): void {
    const cond = this.field(row, IrField.A);
    let yes = this.field(row, IrField.B);
    let no = this.field(row, IrField.C);
    if (this.kind[cond] === Kind.Cond && (width === 32 || width === 64)) {
      const cc = this.slot[cond]!;
      if ((cc & 1) !== 0) [yes, no] = [no, yes];
      const [a, b] = [this.operand(yes), this.operand(no)];
      this.consumeOperands(row);
      const d = this.destination(row);
      this.emit(cmov[width === 64 ? 1 : 0]![cc >> 1]!, d, a, b, 0, 0);
      this.define(row, d, true);
      return;
    }
    const [c, a, b] = [this.operand(cond), this.operand(yes), this.operand(no)];
    this.consumeOperands(row);
    const d = this.destination(row);
    if (width === 128) this.emit(select128, d, c, a, b, 0);
    else this.emit(selects[width === 1 ? 3 : log(width)]!, d, c, a, b, 0);
    this.define(row, d, width === 1 || width >= 32);
  }

  private flags(row: number, width: number): void {
    const slotOf = (field: number): number => {
      const v = this.field(row, field);
      return v === IR_NONE ? StateOffset.zero : this.operand(v);
    };
    const [a, b, c] = [slotOf(IrField.A), slotOf(IrField.B), slotOf(IrField.C)];
    this.consumeOperands(row);
    this.saveConditions(row);
    this.emit(flagsOps[this.field(row, IrField.X)]![log(width)]!, c, a, b, 0, 0);
  }

  /** Operations with one or two operands and records by width. */
  private pure(row: number, op: number, width: number): void {
    const a = this.field(row, IrField.A);
    const b = this.field(row, IrField.B);
    if (b !== IR_NONE && this.isImmediate(b)) {
      const immediateOp = op === IrOp.mul ? mulImmediate[log(width)] : rotateImmediate.get(op * 256 + width);
      if (immediateOp !== undefined) {
        const [slot, imm] = [this.operand(a), this.immediate(b)];
        this.consumeOperands(row);
        const d = this.destination(row);
        this.emit(immediateOp, d, slot, 0, imm, 0);
        this.define(row, d, width >= 32);
        return;
      }
    }
    const compares = isComparison[op]!;
    const operandWidth = compares ? Math.max(8, this.widthOf(a)) : width;
    const slotA = this.operand(a);
    const slotB = b === IR_NONE ? 0 : this.operand(b);
    this.consumeOperands(row);
    const d = this.destination(row);
    this.emit(generic[op]![log(operandWidth)]!, d, slotA, slotB, 0, 0);
    this.define(row, d, compares || width >= 32);
  }

  private simd(row: number): void {
    const number = this.field(row, IrField.X);
    const op = simdRecordOps[number]!;
    if (op === -1) {
      this.script(row, Script.Simd, number, this.field(row, IrField.Lo));
      return;
    }
    const slotOf = (field: number): number => {
      const v = this.field(row, field);
      return v === IR_NONE ? 0 : this.operand(v);
    };
    const [a, b, c] = [slotOf(IrField.A), slotOf(IrField.B), slotOf(IrField.C)];
    this.consumeOperands(row);
    const d = this.destination(row);
    this.emit(op, d, a, b, c, this.field(row, IrField.Lo));
    this.define(row, d, true);
  }

  /** A routine in TypeScript; operands are temporaries, so that it may change any register. */
  private script(row: number, number: number, low: number, high: number): void {
    // Operations on numbers alone: they change no register of theirs, and most have code of their own.
    let fast = number >= FIRST_HELPER ? helperRecordOps[number - FIRST_HELPER]! : -1;
    const operations = operateRecordOps.get(number - FIRST_HELPER);
    if (operations !== undefined) fast = operations[low & 15]!;
    if (flatOperand[number - FIRST_HELPER] === 1 && (high >= Segment.FS || !this.isInline(high, 0, 64, true)))
      fast = -1;
    if (flatDestination[number - FIRST_HELPER] === 1 && !this.isInline(Segment.ES, 0, 64, true)) fast = -1;
    const harmless = number === Script.Simd || fast !== -1;
    if (number >= FIRST_HELPER && fast === -1) this.usesHelper = true;
    if (!harmless) this.saveAll(row);
    const slotOf = (field: number): number => {
      const v = this.field(row, field);
      if (v === IR_NONE) return NO_SLOT;
      if (this.kind[v] !== Kind.Slot || (this.slot[v]! < StateOffset.temps && !harmless)) this.moveToTemp(v);
      return this.slot[v]!;
    };
    const [a, b, c] = [slotOf(IrField.A), slotOf(IrField.B), slotOf(IrField.C)];
    const width = this.field(row, IrField.Width);
    // The result gets a place of its own: a helper may write it before it has read its operands.
    const temp = width === 0 ? NO_SLOT : this.allocTemp();
    this.emit(fast === -1 ? scriptOp : fast, temp, a, b, number, c);
    this.emit(dataOp, width, 0, 0, low, high);
    if (fast !== -1 && recordOps[fast]!.skip === 2 * RECORD_BYTES) {
      this.emit(dataOp, 0, 0, 0, this.ripLow, this.ripHigh);
      this.usedRip = true;
    }
    this.consumeOperands(row);
    if (temp !== NO_SLOT) this.define(row, temp, width !== 128);
  }

  // ---- terminators

  private terminate(row: number): End {
    this.targetLow = this.field(row, IrField.Lo);
    this.targetHigh = this.field(row, IrField.Hi);
    this.swapped = false;
    switch (this.opOf(row)) {
      case IrOp.next:
        return this.usesHelper ? End.NextBlock : End.Next;
      case IrOp.jump:
        return End.Jump;
      case IrOp.branch:
        this.branchOn(this.field(row, IrField.A));
        return End.Branch;
      case IrOp.repeatIf:
        this.branchOn(this.field(row, IrField.A));
        return End.Repeat;
      case IrOp.jumpTo:
        this.jumpTo(this.operand(this.field(row, IrField.A)));
        return End.Done;
      case IrOp.nextFresh:
        this.emit(leaveOp, 0, 0, 0, Leave.Fresh, 0);
        return End.Done;
      case IrOp.dispatch:
        this.emit(leaveOp, 0, 0, 0, Leave.Dispatch, 0);
        return End.Done;
      case IrOp.raise:
        this.emit(
          leaveOp,
          this.field(row, IrField.X),
          0,
          this.field(row, IrField.Hi),
          Leave.Raise,
          this.field(row, IrField.Lo),
        );
        return End.Done;
      default: {
        const a = this.field(row, IrField.A);
        const slot = a === IR_NONE ? NO_SLOT : this.operand(a);
        if (this.field(row, IrField.X) === ExitKind.Io) {
          // May be answered on the spot, and the block's end is then reached.
          this.emit(ioOp, 0, slot, 0, 0, 0);
          this.emit(dataOp, 0, 0, 0, this.targetLow, this.targetHigh);
          return End.NextBlock;
        }
        this.emit(leaveOp, this.field(row, IrField.X), slot, 0, Leave.Exit, 0);
        this.emit(dataOp, 0, 0, 0, this.targetLow, this.targetHigh);
        return End.Done;
      }
    }
  }

  private branchOn(cond: number): void {
    if (this.kind[cond] === Kind.Cond) {
      this.branchOnCode(this.slot[cond]!);
      return;
    }
    this.condition = -1;
    this.emit(jumpBool, 0, this.operand(cond), 0, 0, 0);
  }

  /** A conditional jump by condition code. */
  branchOnCode(cc: number): void {
    this.condition = cc;
    this.swapped = (cc & 1) !== 0;
    const previous = (this.at - RECORD_BYTES) >>> 1;
    const fused = fusedOps.get(this.u16[previous]!)?.[cc >> 1] ?? -1;
    if (fused !== -1) this.u16[previous] = fused;
    this.emit(jumpIf[cc >> 1]!, 0, 0, 0, 0, 0);
  }

  private jumpTo(slot: number): void {
    const { u16, i32 } = this;
    const last = this.at - RECORD_BYTES;
    if (
      last >= this.first &&
      u16[last >>> 1] === pop32 &&
      u16[(last >>> 1) + 1] === slot &&
      slot >= StateOffset.temps
    ) {
      const word = i32[(last >>> 2) + 3]!;
      this.at = last;
      this.emit(ret32, 0, 0, 0, 0, word);
      return;
    }
    const [load, check, add] = [this.at - 48, this.at - 32, this.at - 16];
    if (
      load >= this.first &&
      u16[add >>> 1] === alu[IrOp.add]!.immediate[3] &&
      u16[(add >>> 1) + 1] === RSP &&
      u16[(add >>> 1) + 2] === RSP &&
      u16[check >>> 1] === checkCanonical &&
      u16[(check >>> 1) + 2] === slot &&
      u16[load >>> 1] === loadOps[0]![3] &&
      u16[(load >>> 1) + 1] === slot &&
      u16[(load >>> 1) + 2] === RSP &&
      i32[(load >>> 2) + 2] === 0 &&
      slot >= StateOffset.temps
    ) {
      const [bytes, word] = [i32[(add >>> 2) + 2]!, i32[(load >>> 2) + 3]!];
      this.at = load;
      this.emit(ret64, 0, 0, 0, bytes, word);
      return;
    }
    this.emit(jumpTo, 0, slot, 0, 0, 0);
  }
}
