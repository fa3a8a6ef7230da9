/**
 * Executes one IR fragment, row by row, in the order and with the meaning that x86-lift writes down for each
 * operation. Values of up to 64 bits are unsigned bigints; a 128-bit value lies in its row's slot.
 */
import { IR_NONE, IR_STRIDE, IrField, type IrFragment, type IrOpName, irOpNames } from "x86-lift";
import { Access, type Cpu } from "../cpu.ts";
import { fillExit } from "../exits.ts";
import { lazyToFlags } from "../flags.ts";
import { HelperStatus } from "../helper.ts";
import { helperTable } from "../helpers/index.ts";
import { checkBranchTarget } from "../mmu/fetch.ts";
import { probeLinear } from "../mmu/linear.ts";
import { high32 as high, low32 as low } from "../mmu/system-access.ts";
import { stateFieldOffsets } from "../state-fields.ts";
import { StateOffset, TEMP_BYTES } from "../state-layout.ts";
import { evaluateCondition, writeStatusFlags } from "../status-flags.ts";
import { arithmetic, comparisons, mask } from "./integer.ts";
import { simdEvaluators } from "./simd/index.ts";

/** How the fragment ended. */
export const Outcome = {
  /** The instruction is done; RIP moved. */
  Retired: 0,
  /** Done; mode, mappings or interruptibility may have changed. */
  RetiredFresh: 1,
  Fault: 2,
  Exit: 3,
  /** The helper numbered `Evaluator.missingHelper` has no implementation. */
  MissingHelper: 4,
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

/** undefined: go on with the next row. */
type RowRule = (e: Evaluator, at: number, row: number) => Outcome | undefined;

/** Rows of the longest fragment. */
const MAX_ROWS = 512;

export class Evaluator {
  readonly cpu: Cpu;
  /** Byte offset of the slots, one for each row. */
  private readonly slots: number;
  private readonly values: bigint[] = new Array<bigint>(MAX_ROWS).fill(0n);
  rows: Int32Array = new Int32Array(0);
  length = 0;
  missingHelper = -1;

  constructor(cpu: Cpu) {
    this.cpu = cpu;
    this.slots = cpu.memory.allocate(MAX_ROWS * TEMP_BYTES, TEMP_BYTES);
  }

  /** length: bytes of the instruction. */
  run(fragment: IrFragment, length: number): Outcome {
    this.rows = fragment.rows;
    this.length = length;
    for (let row = 0; row < fragment.count; row++) {
      const at = row * IR_STRIDE;
      const outcome = ruleByOp[this.rows[at]!]!(this, at, row);
      if (outcome !== undefined) return outcome;
    }
    throw new Error("IR fragment without a terminator");
  }

  field(at: number, field: number): number {
    return this.rows[at + field]!;
  }

  width(at: number): number {
    return this.rows[at + IrField.Width]!;
  }

  /** Width of the value that a row defines. */
  widthOf(row: number): number {
    const at = row * IR_STRIDE;
    return irOpNames[this.rows[at]!] === "ea" ? 64 : this.rows[at + IrField.Width]!;
  }

  slot(row: number): number {
    return this.slots + row * TEMP_BYTES;
  }

  /** The value of operand field A, B or C. */
  operand(at: number, field: number): bigint {
    return this.values[this.rows[at + field]!]!;
  }

  define(row: number, value: bigint): void {
    this.values[row] = value;
  }

  /** Byte offset of an operand, with its value in place there; 0 for an absent one. */
  place(at: number, field: number): number {
    const row = this.rows[at + field]!;
    if (row === IR_NONE) return 0;
    const slot = this.slot(row);
    if (this.widthOf(row) <= 64) this.cpu.u64[slot >>> 3] = this.values[row]!;
    return slot;
  }

  /** Takes the result that somebody left in the row's slot. */
  collect(row: number, w: number): void {
    const slot = this.slot(row);
    if (w === 128 || w === 0) return;
    this.values[row] = this.peek(slot, w);
  }

  /** w bits of memory; booleans take 32. */
  peek(offset: number, w: number): bigint {
    const { u64, view } = this.cpu;
    if (w === 64) return (offset & 7) === 0 ? u64[offset >>> 3]! : view.getBigUint64(offset, true);
    if (w === 8) return BigInt(view.getUint8(offset));
    if (w === 16) return BigInt(view.getUint16(offset, true));
    return BigInt(view.getUint32(offset, true));
  }

  poke(offset: number, w: number, value: bigint): void {
    const { view } = this.cpu;
    if (w === 64) view.setBigUint64(offset, value, true);
    else if (w === 32) view.setUint32(offset, Number(value), true);
    else if (w === 16) view.setUint16(offset, Number(value), true);
    else view.setUint8(offset, Number(value));
  }

  /** An operand of up to 128 bits to or from the state block. */
  load(row: number, w: number, offset: number): void {
    if (w === 128) this.cpu.u8.copyWithin(this.slot(row), offset, offset + 16);
    else this.values[row] = this.peek(offset, w);
  }

  store(at: number, w: number, offset: number): void {
    if (w === 128) {
      const from = this.slot(this.field(at, IrField.A));
      this.cpu.u8.copyWithin(offset, from, from + 16);
    } else {
      this.poke(offset, w, this.operand(at, IrField.A));
    }
  }

  /** Byte offset of a general register as `get` numbers it. */
  gpr(w: number, x: number): number {
    const { base } = this.cpu;
    return w === 8 && x >= 16 ? base + StateOffset.gpr + (x - 16) * 8 + 1 : base + StateOffset.gpr + x * 8;
  }

  moveTo(rip: bigint): void {
    this.cpu.rip = rip;
  }

  fallThrough(): void {
    const { cpu } = this;
    const bits = cpu.code64 ? 64 : 32;
    cpu.rip = BigInt.asUintN(bits, cpu.rip + BigInt(this.length));
  }

  constant(at: number): bigint {
    return (BigInt(this.field(at, IrField.Hi) >>> 0) << 32n) | BigInt(this.field(at, IrField.Lo) >>> 0);
  }
}

const ended = (status: HelperStatus): Outcome | undefined =>
  status === HelperStatus.Continue ? undefined : status === HelperStatus.Fault ? Outcome.Fault : Outcome.Exit;

const raise: RowRule = (e, at) => {
  const hasCode = e.field(at, IrField.Hi) !== 0;
  e.cpu.raise(e.field(at, IrField.X), hasCode ? e.field(at, IrField.Lo) : undefined);
  return Outcome.Fault;
};

const mmOffset = (e: Evaluator, at: number): number => e.cpu.base + StateOffset.x87 + e.field(at, IrField.X) * 16;
const xmmOffset = (e: Evaluator, at: number): number => e.cpu.base + StateOffset.xmm + e.field(at, IrField.X) * 16;
const fieldOffset = (e: Evaluator, at: number): number => e.cpu.base + stateFieldOffsets[e.field(at, IrField.X)]!;

const special = {
  const: (e, at, row) => e.define(row, e.constant(at) & mask(e.width(at))),
  get: (e, at, row) => e.load(row, e.width(at), e.gpr(e.width(at), e.field(at, IrField.X))),
  set: (e, at) => {
    const w = e.width(at);
    e.poke(e.gpr(w, e.field(at, IrField.X)), w === 32 ? 64 : w, e.operand(at, IrField.A));
  },
  getXmm: (e, at, row) => e.load(row, e.width(at), xmmOffset(e, at)),
  setXmm: (e, at) => e.store(at, e.width(at), xmmOffset(e, at)),
  getMm: (e, at, row) => e.load(row, e.width(at), mmOffset(e, at)),
  setMm: (e, at) => {
    e.store(at, 64, mmOffset(e, at));
    e.poke(mmOffset(e, at) + 8, 16, 0xffffn);
  },
  getField: (e, at, row) => e.load(row, e.width(at), fieldOffset(e, at)),
  setField: (e, at) => e.store(at, e.width(at), fieldOffset(e, at)),

  ea: (e, at, row) => {
    let sum = e.constant(at);
    if (e.field(at, IrField.A) !== IR_NONE) sum += e.operand(at, IrField.A);
    if (e.field(at, IrField.B) !== IR_NONE) sum += e.operand(at, IrField.B) * BigInt(e.field(at, IrField.X));
    e.define(row, BigInt.asUintN(e.width(at), sum));
  },
  load: (e, at, row) => {
    const offset = e.operand(at, IrField.A);
    const w = e.width(at);
    const segment = e.field(at, IrField.X);
    const status = e.cpu.loadSegmented(
      segment,
      low(offset),
      high(offset),
      w >>> 3,
      e.field(at, IrField.Lo),
      e.slot(row),
    );
    if (status !== HelperStatus.Continue) return ended(status);
    e.collect(row, w);
    return undefined;
  },
  store: (e, at) => {
    const offset = e.operand(at, IrField.A);
    const from = e.place(at, IrField.B);
    const segment = e.field(at, IrField.X);
    return ended(
      e.cpu.storeSegmented(segment, low(offset), high(offset), e.width(at) >>> 3, e.field(at, IrField.Lo), from),
    );
  },
  probe: (e, at) => {
    const offset = e.operand(at, IrField.A);
    const bytes = e.field(at, IrField.Lo);
    const write = e.field(at, IrField.Hi) !== 0;
    const { cpu } = e;
    const status = cpu.toLinear(e.field(at, IrField.X), low(offset), high(offset), bytes, 0, write);
    if (status !== HelperStatus.Continue) return ended(status);
    return ended(probeLinear(cpu, cpu.linearLow, cpu.linearHigh, bytes, write ? Access.Write : Access.Read, 0));
  },

  zext: (e, at, row) => {
    if (e.width(at) < 128) return e.define(row, e.operand(at, IrField.A));
    e.cpu.u64[e.slot(row) >>> 3] = e.operand(at, IrField.A);
    e.cpu.u64[(e.slot(row) >>> 3) + 1] = 0n;
    return undefined;
  },
  sext: (e, at, row) => {
    const from = e.widthOf(e.field(at, IrField.A));
    e.define(row, BigInt.asUintN(e.width(at), BigInt.asIntN(from, e.operand(at, IrField.A))));
  },
  trunc: (e, at, row) => {
    const a = e.field(at, IrField.A);
    const value = e.widthOf(a) === 128 ? e.peek(e.slot(a), 64) : e.operand(at, IrField.A);
    e.define(row, BigInt.asUintN(e.width(at), value));
  },
  select: (e, at, row) => {
    const chosen = e.operand(at, IrField.A) !== 0n ? IrField.B : IrField.C;
    if (e.width(at) < 128) return e.define(row, e.operand(at, chosen));
    const from = e.slot(e.field(at, chosen));
    e.cpu.u8.copyWithin(e.slot(row), from, from + 16);
    return undefined;
  },

  flags: (e, at) => {
    const value = (field: number): bigint => (e.field(at, field) === IR_NONE ? 0n : e.operand(at, field));
    writeStatusFlags(e.cpu, e.field(at, IrField.X), e.width(at), value(IrField.A), value(IrField.B), value(IrField.C));
  },
  setFlag: (e, at) => {
    const bit = 1 << e.field(at, IrField.X);
    const flags = e.cpu.readRflags();
    e.cpu.writeRflags(e.operand(at, IrField.A) !== 0n ? flags | bit : flags & ~bit);
  },
  getFlag: (e, at, row) => e.define(row, BigInt((e.cpu.readRflags() >>> e.field(at, IrField.X)) & 1)),
  cond: (e, at, row) =>
    e.define(row, evaluateCondition(e.field(at, IrField.X), lazyToFlags(e.cpu.u32, e.cpu.base)) ? 1n : 0n),
  getRflags: (e, _at, row) => e.define(row, BigInt(e.cpu.readRflags() >>> 0)),
  setRflags: (e, at) => {
    const mask = e.field(at, IrField.Lo);
    e.cpu.writeRflags((e.cpu.readRflags() & ~mask) | (low(e.operand(at, IrField.A)) & mask));
  },

  simd: (e, at, row) => {
    const evaluate = simdEvaluators[e.field(at, IrField.X)]!;
    const [a, b, c] = [e.place(at, IrField.A), e.place(at, IrField.B), e.place(at, IrField.C)];
    evaluate(e.cpu, a, b, c, e.field(at, IrField.Lo), e.slot(row));
    e.collect(row, e.width(at));
  },

  helper: (e, at, row) => {
    const number = e.field(at, IrField.X);
    const helper = helperTable[number];
    if (helper === undefined) {
      e.missingHelper = number;
      return Outcome.MissingHelper;
    }
    const [a, b, c] = [e.place(at, IrField.A), e.place(at, IrField.B), e.place(at, IrField.C)];
    const status = helper(e.cpu, a, b, c, e.slot(row), e.field(at, IrField.Lo), e.field(at, IrField.Hi));
    if (status !== HelperStatus.Continue) return ended(status);
    e.collect(row, e.width(at));
    return undefined;
  },
  raiseIf: (e, at, row) => (e.operand(at, IrField.A) !== 0n ? raise(e, at, row) : undefined),
  checkTarget: (e, at) => ended(checkBranchTarget(e.cpu, e.operand(at, IrField.A))),

  next: (e) => {
    e.fallThrough();
    return Outcome.Retired;
  },
  nextFresh: (e) => {
    e.fallThrough();
    return Outcome.RetiredFresh;
  },
  jump: (e, at) => {
    e.moveTo(e.constant(at));
    return Outcome.Retired;
  },
  branch: (e, at) => {
    if (e.operand(at, IrField.A) !== 0n) e.moveTo(e.constant(at));
    else e.fallThrough();
    return Outcome.Retired;
  },
  jumpTo: (e, at) => {
    e.moveTo(e.operand(at, IrField.A));
    return Outcome.Retired;
  },
  repeatIf: (e, at) => {
    if (e.operand(at, IrField.A) === 0n) e.fallThrough();
    return Outcome.Retired;
  },
  dispatch: () => Outcome.RetiredFresh,
  raise,
  exit: (e, at) => {
    const a = e.field(at, IrField.A) === IR_NONE ? 0 : low(e.operand(at, IrField.A));
    fillExit(e.cpu, e.field(at, IrField.X), a, e.field(at, IrField.Lo), e.field(at, IrField.Hi));
    return Outcome.Exit;
  },
} satisfies { readonly [K in IrOpName]?: RowRule | ((e: Evaluator, at: number, row: number) => void) };

function ruleFor(name: IrOpName): RowRule {
  const operate = arithmetic[name];
  if (operate !== undefined) {
    return (e, at, row) => {
      const b = e.field(at, IrField.B) === IR_NONE ? 0n : e.operand(at, IrField.B);
      e.define(row, operate(e.width(at), e.operand(at, IrField.A), b));
      return undefined;
    };
  }
  const compare = comparisons[name];
  if (compare !== undefined) {
    return (e, at, row) => {
      const w = e.widthOf(e.field(at, IrField.A));
      e.define(row, compare(w, e.operand(at, IrField.A), e.operand(at, IrField.B)));
      return undefined;
    };
  }
  return special[name as keyof typeof special] as RowRule;
}

const ruleByOp: readonly RowRule[] = irOpNames.map(ruleFor);
