/**
 * Fast paths of the x87 helpers: records `helper:NAME`, a `script` record, its operands, and a third record with the
 * instruction's RIP. What is not the common case (see functions.ts) goes to the helper, with nothing changed.
 *
 * ST(i) is named by its place: the byte offset of its register in the x87 file, (TOP + i) mod 8 × 16.
 */
import type { HelperName } from "x86-lift";
import { SegmentIndex, segmentSelectorOffset } from "../../segment.ts";
import { StateOffset } from "../../state-layout.ts";
import type { Emit, RecordOp } from "../ops/emit.ts";
import { Field, RECORD_BYTES } from "../record.ts";
import type { Label } from "../wasm/function-builder.ts";
import type { X87Functions } from "./functions.ts";

const SKIP = 2 * RECORD_BYTES;
const F64_OF_F32 = 0xbb;
const F32_OF_I32 = 0xbe;
const I64_OF_F64 = 0xbd;
const C1 = 0x200;
const CONDITIONS = 0x4700;
const TOP = 0x3800;

/** The stream of one fast path, with the words that x87 needs. Leaving to `slow` is allowed until `commit`. */
class Path {
  readonly e: Emit;
  readonly slow: Label;
  readonly functions: X87Functions;
  /** Status and tag word; `commit` writes them back. */
  readonly fsw: number;
  readonly ftw: number;
  /** Places and numbers: destination or ST(0), and source. */
  readonly place: number;
  readonly place2: number;
  readonly m: number;
  readonly se: number;
  readonly m2: number;
  readonly se2: number;
  readonly bits: number;

  constructor(e: Emit, slow: Label) {
    const { f } = e;
    this.e = e;
    this.slow = slow;
    this.functions = e.callees.x87;
    this.m = f.local("i64");
    this.m2 = f.local("i64");
    this.fsw = f.local("i32");
    this.ftw = f.local("i32");
    this.place = f.local("i32");
    this.place2 = f.local("i32");
    this.se = f.local("i32");
    this.se2 = f.local("i32");
    this.bits = f.local("i32");
  }

  /** Leaves when an exception waits; `nearest`: or rounding is not to nearest, or not every exception is masked. */
  begin(nearest: boolean): void {
    const { e } = this;
    const { f } = e;
    e.state("i32Load16U", StateOffset.ftw).f.set(this.ftw);
    e.state("i32Load16U", StateOffset.fsw).f.tee(this.fsw).i32(0x80).op("i32And");
    if (nearest) e.state("i32Load16U", StateOffset.fcw).f.i32(0x0c3f).op("i32And").i32(0x3f).op("i32Xor", "i32Or");
    f.brIf(this.slow);
  }

  /** Pushes bits of the helper's first constant. */
  low(shift = 0, mask = -1): void {
    const { f, pc } = this.e;
    f.get(pc).access("i32Load", RECORD_BYTES + Field.imm);
    if (shift > 0) f.i32(shift).op("i32ShrU");
    if (mask !== -1) f.i32(mask).op("i32And");
  }

  /** Sets `place` to ST(i); `push` pushes i (absent: 0). */
  locate(place: number, push?: () => void): void {
    const { f } = this.e;
    f.get(this.fsw).i32(7).op("i32ShrU");
    if (push !== undefined) {
      push();
      f.i32(4).op("i32Shl", "i32Add");
    }
    f.i32(0x70).op("i32And").set(place);
  }

  /** Leaves unless the register is in use (or, `empty`, unless it is empty). */
  require(place: number, empty = false): void {
    const { f } = this.e;
    f.get(this.ftw).get(place).i32(3).op("i32ShrU", "i32ShrU").i32(3).op("i32And").i32(3);
    f.op(empty ? "i32Ne" : "i32Eq").brIf(this.slow);
  }

  read(place: number, m: number, se: number): void {
    const { f, layout } = this.e;
    const at = layout.state + StateOffset.x87;
    f.get(place).access("i64Load", at).set(m);
    f.get(place)
      .access("i32Load16U", at + 8)
      .set(se);
  }

  write(place: number, m: number, se: number): void {
    const { f, layout } = this.e;
    const at = layout.state + StateOffset.x87;
    f.get(place).get(m).access("i64Store", at);
    f.get(place)
      .get(se)
      .access("i32Store16", at + 8);
  }

  /** Leaves unless the number is zero or normal. */
  plain(m: number, se: number): void {
    const { f } = this.e;
    f.get(se).i32(0x7fff).op("i32And").i32(1).op("i32Sub").i32(0x7ffe).op("i32LtU");
    f.get(m).i64(0).op("i64LtS", "i32And");
    f.get(se).i32(0x7fff).op("i32And", "i64ExtendI32U").get(m).op("i64Or", "i64Eqz", "i32Or");
    f.op("i32Eqz").brIf(this.slow);
  }

  /** Takes what a function pushed: a number, its status bits; leaves when it has none. */
  take(m: number, se: number): void {
    const { f } = this.e;
    f.tee(se).set(this.bits).set(m);
    f.get(se).i32(0).op("i32LtS").brIf(this.slow);
    f.get(se).i32(16).op("i32ShrU").set(this.bits);
  }

  /** Condition bits of the status word: clears `clear` and sets what `push` pushes. */
  conditions(clear: number, push?: () => void): void {
    const { f } = this.e;
    f.get(this.fsw).i32(~clear).op("i32And");
    if (push !== undefined) {
      push();
      f.op("i32Or");
    }
    f.set(this.fsw);
  }

  /** Pushes C0 and C3 for CF and ZF. */
  compare(): void {
    const { f } = this.e;
    f.get(this.m).get(this.se).get(this.m2).get(this.se2).call(this.functions.compare);
  }

  /** TOP − 1, which was empty, becomes the number. */
  push(m: number, se: number): void {
    const { f } = this.e;
    this.write(this.place, m, se);
    f.get(this.ftw).i32(3).get(this.place).i32(3).op("i32ShrU", "i32Shl").i32(-1).op("i32Xor", "i32And").set(this.ftw);
    this.conditions(C1 | TOP, () => f.get(this.place).i32(7).op("i32Shl"));
  }

  pop(): void {
    const { f } = this.e;
    f.get(this.ftw).i32(3).get(this.fsw).i32(10).op("i32ShrU").i32(14).op("i32And", "i32Shl", "i32Or").set(this.ftw);
    f.get(this.fsw).i32(~TOP).op("i32And").get(this.fsw).i32(0x800).op("i32Add").i32(TOP).op("i32And", "i32Or");
    f.set(this.fsw);
  }

  /** Pops when the bit of the first constant says so. */
  popIf(bit: number): void {
    const { f } = this.e;
    this.low(bit, 1);
    f.if();
    this.pop();
    f.end();
  }

  /** Writes the words and pointers back; `operand`: the slot that holds the memory operand's offset. */
  commit(operand?: "a" | "b" | "t"): void {
    const { e } = this;
    const { f, pc, layout } = e;
    e.setState("i32Store16", StateOffset.fsw, () => f.get(this.fsw));
    e.setState("i32Store16", StateOffset.ftw, () => f.get(this.ftw));
    e.setState("i64Store", StateOffset.fip, () => f.get(pc).access("i64Load", SKIP + Field.imm));
    e.setState("i32Store16", StateOffset.fcs, () => e.state("i32Load16U", segmentSelectorOffset(SegmentIndex.CS)));
    if (operand === undefined) return;
    e.setState("i64Store", StateOffset.fdp, () => e.field(operand).f.access("i64Load", layout.state));
    e.setState("i32Store16", StateOffset.fds, () => {
      const perSegment = segmentSelectorOffset(1) - segmentSelectorOffset(0);
      f.get(pc)
        .access("i32Load", RECORD_BYTES + Field.t)
        .i32(perSegment)
        .op("i32Mul");
      f.access("i32Load16U", layout.state + segmentSelectorOffset(0));
    });
  }
}

/** Sets m2 and se2 to the number in the memory operand's value, slot a. */
const operands: { readonly [format in "F32" | "F64" | "I16" | "I32" | "I64"]: (p: Path) => void } = {
  F32: (p) => {
    const { e } = p;
    const { f, x } = e;
    e.slot("a", "i32Load").f.set(x);
    // A denormal binary32 number is a normal binary64 number.
    f.get(x).i32(1).op("i32Shl").i32(1).op("i32Sub").i32(0x00ff_ffff).op("i32LtU").brIf(p.slow);
    f.get(x).raw(F32_OF_I32).raw(F64_OF_F32).raw(I64_OF_F64).call(p.functions.fromF64);
    p.take(p.m2, p.se2);
  },
  F64: (p) => {
    p.e.slot("a", "i64Load").f.call(p.functions.fromF64);
    p.take(p.m2, p.se2);
  },
  I16: (p) => {
    p.e.slot("a", "i64Load16S").f.call(p.functions.fromI64);
    p.take(p.m2, p.se2);
  },
  I32: (p) => {
    p.e.slot("a", "i64Load32S").f.call(p.functions.fromI64);
    p.take(p.m2, p.se2);
  },
  I64: (p) => {
    p.e.slot("a", "i64Load").f.call(p.functions.fromI64);
    p.take(p.m2, p.se2);
  },
};
type Format = keyof typeof operands;

/** Finds ST(7), which must be empty, as the place to push to. */
function pushPlace(p: Path): void {
  p.begin(false);
  p.locate(p.place, () => p.e.f.i32(7));
  p.require(p.place, true);
}

const load =
  (format: Format) =>
  (p: Path): void => {
    pushPlace(p);
    operands[format](p);
    p.push(p.m2, p.se2);
    p.commit("b");
  };

/** What the ops of x87Operate… do with destination (m, se) and source (m2, se2): pushes a number. */
function arithmetic(p: Path, op: number): void {
  const { f } = p.e;
  const { add, multiply, divide } = p.functions;
  const destination = (): void => void f.get(p.m).get(p.se);
  const source = (): void => void f.get(p.m2).get(p.se2);
  const negated = (push: () => void): void => {
    push();
    f.i32(0x8000).op("i32Xor");
  };
  if (op === 5 || op === 7) source();
  else destination();
  if (op === 4) negated(source);
  else if (op === 5) negated(destination);
  else if (op === 7) destination();
  else source();
  f.call(op === 1 ? multiply : op >= 6 ? divide : add);
}

const COMPARES = 2;

/** One op (COMPARES: all comparisons) with a memory operand. */
const operateMemory =
  (format: Format, op: number) =>
  (p: Path): void => {
    const { f } = p.e;
    p.begin(true);
    p.locate(p.place);
    p.require(p.place);
    operands[format](p);
    p.read(p.place, p.m, p.se);
    p.plain(p.m, p.se);
    if (op === COMPARES) {
      p.compare();
      f.set(p.bits);
      p.conditions(CONDITIONS, () => f.get(p.bits).i32(8).op("i32Shl"));
      p.popIf(0);
    } else {
      arithmetic(p, op);
      p.take(p.m, p.se);
      p.write(p.place, p.m, p.se);
      p.conditions(C1, () => f.get(p.bits));
    }
    p.commit("b");
  };

const operateStack =
  (op: number) =>
  (p: Path): void => {
    const { f } = p.e;
    p.begin(true);
    p.locate(p.place, () => p.low(8, 7));
    p.locate(p.place2, () => p.low(12, 7));
    p.require(p.place);
    p.require(p.place2);
    p.read(p.place, p.m, p.se);
    p.read(p.place2, p.m2, p.se2);
    p.plain(p.m, p.se);
    p.plain(p.m2, p.se2);
    if (op === COMPARES) {
      p.compare();
      f.set(p.bits);
      p.conditions(CONDITIONS, () => f.get(p.bits).i32(8).op("i32Shl"));
    } else {
      arithmetic(p, op);
      p.take(p.m, p.se);
      p.write(p.place, p.m, p.se);
      p.conditions(C1, () => f.get(p.bits));
    }
    // One or two registers.
    p.low(16, 3);
    f.if();
    p.pop();
    f.end();
    p.popIf(17);
    p.commit();
  };

/** Copies one register to another. */
const copy = (p: Path, from: number, to: number): void => {
  p.read(from, p.m, p.se);
  p.write(to, p.m, p.se);
};

const bodies: { readonly [N in HelperName]?: (p: Path) => void } = {
  x87LoadF32: load("F32"),
  x87LoadF64: load("F64"),
  x87LoadI16: load("I16"),
  x87LoadI32: load("I32"),
  x87LoadI64: load("I64"),
  x87LoadF80: (p) => {
    pushPlace(p);
    p.e.slot("a", "i64Load").f.set(p.m);
    p.e.slot("b", "i32Load16U").f.set(p.se);
    p.push(p.m, p.se);
    p.commit("t");
  },
  x87LoadStack: (p) => {
    pushPlace(p);
    p.locate(p.place2, () => p.low());
    p.require(p.place2);
    p.read(p.place2, p.m, p.se);
    p.push(p.m, p.se);
    p.commit();
  },
  // 1.0 and 0.0; the others depend on rounding control.
  x87LoadConstant: (p) => {
    const { f, x } = p.e;
    pushPlace(p);
    p.low();
    f.tee(x).i32(6).op("i32RemU").brIf(p.slow);
    f.i64(-(1n << 63n))
      .i64(0)
      .get(x)
      .op("i32Eqz", "select")
      .set(p.m);
    f.i32(0x3fff).i32(0).get(x).op("i32Eqz", "select").set(p.se);
    p.push(p.m, p.se);
    p.commit();
  },
  x87StoreStack: (p) => {
    const { f } = p.e;
    p.begin(false);
    p.locate(p.place);
    p.require(p.place);
    p.locate(p.place2, () => p.low(0, 7));
    copy(p, p.place, p.place2);
    f.get(p.ftw).i32(3).get(p.place2).i32(3).op("i32ShrU", "i32Shl").i32(-1).op("i32Xor", "i32And").set(p.ftw);
    p.conditions(C1);
    p.popIf(8);
    p.commit();
  },
  x87Exchange: (p) => {
    p.begin(false);
    p.locate(p.place);
    p.locate(p.place2, () => p.low());
    p.require(p.place);
    p.require(p.place2);
    p.read(p.place, p.m, p.se);
    p.read(p.place2, p.m2, p.se2);
    p.write(p.place, p.m2, p.se2);
    p.write(p.place2, p.m, p.se);
    p.conditions(C1);
    p.commit();
  },
  x87CompareFlags: (p) => {
    p.begin(false);
    p.locate(p.place);
    p.locate(p.place2, () => p.low(0, 7));
    p.require(p.place);
    p.require(p.place2);
    p.read(p.place, p.m, p.se);
    p.read(p.place2, p.m2, p.se2);
    p.plain(p.m, p.se);
    p.plain(p.m2, p.se2);
    p.e.resultBool(() => p.compare());
    p.popIf(8);
    p.commit();
  },
  // FCHS and FABS of anything, FTST and FXAM of plain numbers.
  x87Unary: (p) => {
    const { f, x } = p.e;
    p.begin(false);
    p.low();
    f.tee(x).i32(6).op("i32GeU").brIf(p.slow);
    p.locate(p.place);
    p.require(p.place);
    p.read(p.place, p.m, p.se);
    f.get(x).i32(4).op("i32LtU");
    f.if();
    f.get(p.se).i32(0x8000).op("i32Xor").get(p.se).i32(0x7fff).op("i32And").get(x).op("i32Eqz", "select").set(p.se);
    p.write(p.place, p.m, p.se);
    p.conditions(C1);
    f.else();
    p.plain(p.m, p.se);
    p.conditions(CONDITIONS, () => {
      // FTST: m2, se2 are +0. FXAM: C1 is the sign, C3 zero, C2 normal.
      p.compare();
      f.i32(8).op("i32Shl");
      f.get(p.se).i32(15).op("i32ShrU").i32(9).op("i32Shl");
      f.i32(0x4000).i32(0x0400).get(p.m).op("i64Eqz", "select", "i32Or");
      f.get(x).i32(4).op("i32Eq", "select");
    });
    f.end();
    p.commit();
  },
  x87MoveIf: (p) => {
    const { f } = p.e;
    p.begin(false);
    p.locate(p.place);
    p.locate(p.place2, () => p.low());
    p.require(p.place);
    p.require(p.place2);
    p.e.slot("a", "i32Load");
    f.if();
    copy(p, p.place2, p.place);
    f.end();
    p.commit();
  },
  x87LoadControl: (p) => {
    const { e } = p;
    const { f, x } = e;
    e.slot("a", "i32Load16U").f.i32(0x1f3f).op("i32And").i32(0x40).op("i32Or").set(x);
    // An exception that this unmasks waits from now on.
    e.state("i32Load16U", StateOffset.fsw).f.get(x).i32(-1).op("i32Xor", "i32And").i32(0x3f).op("i32And").brIf(p.slow);
    e.setState("i32Store16", StateOffset.fcw, () => f.get(x));
    e.setState("i32Store16", StateOffset.fsw, () => e.state("i32Load16U", StateOffset.fsw).f.i32(0x7f7f).op("i32And"));
  },
  /** Flat segments only: the offset is the linear address. */
  x87Store: (p) => {
    const { e } = p;
    const { f, h, x, L } = e;
    const { toF64, toF32, toInteger } = p.functions;
    p.begin(true);
    p.locate(p.place);
    p.require(p.place);
    p.read(p.place, p.m, p.se);
    e.slot("a", "i64Load").f.set(L);
    const stored = f.block();
    p.low(0, 15);
    f.tee(x).i32(2).op("i32Eq");
    f.if();
    e.hostOrLeave(10, p.slow);
    f.get(h).get(p.m).access("i64Store", 0, 0).get(h).get(p.se).access("i32Store16", 8, 0);
    f.br(stored);
    f.end();
    p.plain(p.m, p.se);
    for (const [format, bytes, store] of [
      [1, 8, "i64Store"],
      [0, 4, "i64Store32"],
      [3, 2, "i64Store16"],
      [4, 4, "i64Store32"],
      [5, 8, "i64Store"],
    ] as const) {
      f.get(x).i32(format).op("i32Eq");
      f.if();
      e.hostOrLeave(bytes, p.slow);
      f.get(p.m).get(p.se);
      if (format < 2) f.call(format === 1 ? toF64 : toF32);
      else {
        f.i32(bytes * 8);
        p.low(9, 1);
        f.call(toInteger);
      }
      f.set(p.bits).set(p.m2);
      f.get(p.bits).i32(0).op("i32LtS").brIf(p.slow);
      f.get(h).get(p.m2).access(store, 0, 0).br(stored);
      f.end();
    }
    f.br(p.slow);
    f.end();
    p.conditions(C1, () => f.get(p.bits));
    p.popIf(8);
    p.commit("a");
  },
};

const fastPath = (name: string, body: (p: Path) => void): RecordOp => ({
  name: `helper:${name}`,
  flags: "none",
  faults: true,
  hot: false,
  skip: SKIP,
  emit: (e) => {
    const { f } = e;
    const slow = f.block();
    body(new Path(e, slow));
    f.i32(SKIP).op("return");
    f.end();
    f.get(e.pc).get(e.budget).call(e.callees.script);
    e.stopIf();
  },
});

const OPS = [0, 1, COMPARES, 4, 5, 6, 7] as const;
/** Name of the record op of an x87Operate… helper, by the op in the low bits of its first constant. */
export const x87OperateName = (helper: string, low: number): string =>
  `helper:${helper}:${(low & 14) === COMPARES ? COMPARES : low & 7}`;

/** Before the loads of a waiting instruction; in the main function, since it is in so many. */
const wait: RecordOp = {
  name: "helper:x87Wait",
  flags: "none",
  faults: true,
  hot: true,
  skip: SKIP,
  emit: (e) => {
    const { f } = e;
    e.state("i32Load8U", StateOffset.fsw).f.i32(0x80).op("i32And");
    f.if();
    f.get(e.pc).get(e.budget).call(e.callees.script);
    e.stopIf();
    f.end();
    f.get(e.pc).i32(SKIP).op("i32Add").set(e.pc);
  },
};

export const x87Ops: readonly RecordOp[] = [
  wait,
  ...Object.entries(bodies).map(([name, body]) => fastPath(name, body)),
  ...OPS.flatMap((op) => [
    fastPath(`x87OperateStack:${op}`, operateStack(op)),
    ...(["F32", "F64", "I16", "I32"] as const).map((format) =>
      fastPath(`x87Operate${format}:${op}`, operateMemory(format, op)),
    ),
  ]),
];
