/** Every operation of the IR that has no record op of its own among the hot ones: one small function each. */
import { StateOffset } from "../../state-layout.ts";
import { Control } from "../record.ts";
import { highProduct, keepCarry, type ShiftKind, shiftFlags, shiftKinds } from "./alu.ts";
import { type Emit, type IntWidth, intWidths, type RecordOp } from "./emit.ts";
import { writeStatus } from "./status.ts";

const pure = (name: string, emit: (e: Emit) => void): RecordOp => ({
  name,
  flags: "none",
  faults: false,
  hot: false,
  emit,
});

/** Stores an i64 into d at the width; 32 clears the upper half. */
function store(e: Emit, width: IntWidth, push: () => void): void {
  const { f } = e;
  e.field("d");
  push();
  if (width === 32) f.i64(0xffff_ffffn).op("i64And");
  f.access(width === 8 ? "i64Store8" : width === 16 ? "i64Store16" : "i64Store", e.layout.state);
}

/** Loads a into X and b into Y, zero- or sign-extended to 64 bits. */
function operands(e: Emit, width: IntWidth, signed: boolean): void {
  if (signed) e.value64Signed("a", width).f.set(e.X);
  else e.value64("a", width).f.set(e.X);
  if (signed) e.value64Signed("b", width).f.set(e.Y);
  else e.value64("b", width).f.set(e.Y);
}

function mulHigh(width: IntWidth, signed: boolean): RecordOp {
  return pure(`mulHigh${signed ? "S" : "U"}${width}`, (e) => {
    const { f, X, Y } = e;
    operands(e, width, signed);
    store(e, width, () => {
      if (width < 64) {
        f.get(X).get(Y).op("i64Mul").i64(width).op("i64ShrU");
        return;
      }
      highProduct(e);
      if (!signed) return;
      // Two's complement: subtract the other factor for each negative one.
      f.get(X).i64(63).op("i64ShrS").get(Y).op("i64And", "i64Sub");
      f.get(Y).i64(63).op("i64ShrS").get(X).op("i64And", "i64Sub");
    });
  });
}

const division = { divU: "i64DivU", remU: "i64RemU", divS: "i64DivS", remS: "i64RemS" } as const;

/** Pushes X shifted by the count in Y, any count: from the width on everything is shifted out. */
function anyShift(e: Emit, kind: ShiftKind): void {
  const { f, X, Y } = e;
  if (kind === "sar") {
    f.get(X).get(Y).i64(63).get(Y).i64(63).op("i64LeU", "select", "i64ShrS");
    return;
  }
  f.get(X)
    .get(Y)
    .op(kind === "shl" ? "i64Shl" : "i64ShrU")
    .i64(0);
  f.get(Y).i64(64).op("i64LtU", "select");
}

function shiftByCount(kind: ShiftKind, width: IntWidth): RecordOp {
  const op = pure(`${kind}${width}`, (e) => {
    if (kind === "sar") e.value64Signed("a", width).f.set(e.X);
    else e.value64("a", width).f.set(e.X);
    e.value64("b", 8).f.set(e.Y);
    store(e, width, () => anyShift(e, kind));
  });
  return { ...op, hot: width >= 32 };
}

function rotateByCount(kind: "rotl" | "rotr", width: IntWidth): RecordOp {
  return pure(`${kind}${width}`, (e) => {
    const { f, X, Y } = e;
    e.value64("a", width).f.set(X);
    e.value64("b", 8)
      .f.i64(width - 1)
      .op("i64And")
      .set(Y);
    store(e, width, () => {
      if (width === 64)
        f.get(X)
          .get(Y)
          .op(kind === "rotl" ? "i64Rotl" : "i64Rotr");
      else {
        f.get(X)
          .get(Y)
          .op(kind === "rotl" ? "i64Shl" : "i64ShrU");
        f.get(X)
          .i64(width)
          .get(Y)
          .op("i64Sub", kind === "rotl" ? "i64ShrU" : "i64Shl", "i64Or");
      }
    });
  });
}

function byteSwap(width: 16 | 32 | 64): RecordOp {
  return pure(`bswap${width}`, (e) => {
    const { f, X } = e;
    e.value64("a", width).f.set(X);
    // Swap neighbours of 8, 16, 32 bits in turn, then move the result down.
    for (const [shift, mask] of [
      [8, 0x00ff_00ff_00ff_00ffn],
      [16, 0x0000_ffff_0000_ffffn],
    ] as const) {
      f.get(X).i64(shift).op("i64ShrU").i64(mask).op("i64And");
      f.get(X).i64(mask).op("i64And").i64(shift).op("i64Shl", "i64Or").set(X);
    }
    store(e, width, () => {
      f.get(X).i64(32).op("i64Rotl");
      if (width < 64) f.i64(64 - width).op("i64ShrU");
    });
  });
}

const comparisons = {
  eq: "i64Eq",
  ne: "i64Ne",
  ltU: "i64LtU",
  ltS: "i64LtS",
  leU: "i64LeU",
  leS: "i64LeS",
} as const;
export const comparisonNames = Object.keys(comparisons) as (keyof typeof comparisons)[];

function comparison(name: keyof typeof comparisons, width: IntWidth): RecordOp {
  return pure(`${name}${width}`, (e) => {
    operands(e, width, name.endsWith("S"));
    e.resultBool(() => e.f.get(e.X).get(e.Y).op(comparisons[name]));
  });
}

/** d = a ? b : slot named by imm. */
function select(width: IntWidth): RecordOp {
  return pure(`select${width}`, (e) => {
    store(e, width, () => {
      e.value64("b", width).imm32();
      e.f.access("i64Load", e.layout.state);
      e.slot("a", "i32Load8U").f.op("select");
    });
  });
}

const flagsOp = (name: string, flags: RecordOp["flags"], emit: (e: Emit) => void, hot = false): RecordOp => ({
  name,
  flags,
  faults: false,
  dead: "",
  hot,
  emit,
});

/** Loads a, b and the result (slot d) into x, y, r or X, Y, R. */
function flagOperands(e: Emit, width: IntWidth): void {
  const big = width === 64;
  e.value("a", width).f.set(big ? e.X : e.x);
  e.value("b", width).f.set(big ? e.Y : e.y);
  e.value("d", width).f.set(big ? e.R : e.r);
}

/** Flags of an instruction whose result (slot d) is already stored elsewhere; a, b its operands. */
function flagsOps(width: IntWidth): RecordOp[] {
  const one = (e: Emit): void => void (width === 64 ? e.f.i64(1).set(e.Y) : e.f.i32(1).set(e.y));
  const afAndRes = (e: Emit): void => {
    const { f } = e;
    e.flagRes(() => e.resultSigned(width));
    e.flagAux(() => {
      e.value64("a", width).value64("d", width).f.op("i64Xor").i64(1).op("i64Xor", "i32WrapI64");
      f.i32(16).op("i32And");
    });
  };
  return [
    ...(["add", "sub"] as const).flatMap((kind) => [
      flagsOp(
        `flags${kind}${width}`,
        "write",
        (e) => {
          flagOperands(e, width);
          e.flagsArithmetic(kind, width);
        },
        true,
      ),
      flagsOp(
        `flags${kind === "add" ? "inc" : "dec"}${width}`,
        "update",
        (e) => {
          e.value("a", width).f.set(width === 64 ? e.X : e.x);
          one(e);
          e.value("d", width).f.set(width === 64 ? e.R : e.r);
          keepCarry(e, kind, width);
          afAndRes(e);
        },
        width >= 32,
      ),
    ]),
    flagsOp(
      `flagslogic${width}`,
      "write",
      (e) => {
        e.value("d", width).f.set(width === 64 ? e.R : e.r);
        e.flagsLogic(width);
      },
      true,
    ),
    ...shiftKinds.map((kind) =>
      flagsOp(`flags${kind}${width}`, "update", (e) => {
        const { f, X, Y } = e;
        const out = f.block();
        e.value64("b", 8).f.tee(Y).op("i64Eqz").brIf(out);
        if (kind === "sar") e.value64Signed("a", width).f.set(X);
        else e.value64("a", width).f.set(X);
        // Counts above the width: nothing (for sar: the sign) is the last bit out; move it where the count finds it.
        if (kind === "sar") f.get(Y).i64(64).get(Y).i64(64).op("i64LtU", "select").set(Y);
        else {
          f.get(X).i64(0).get(Y).i64(width).op("i64LeU", "select").set(X);
          f.get(Y).i64(width).get(Y).i64(width).op("i64LeU", "select").set(Y);
        }
        e.value("d", width).f.set(width === 64 ? e.R : e.r);
        if (width !== 64) {
          // shiftFlags works on 64 bits when told so; only the result's width differs.
          f.get(Y).op("i32WrapI64").set(e.y);
          f.get(X).op("i32WrapI64").set(e.x);
        }
        shiftFlags(e, kind, width);
        f.end();
      }),
    ),
    ...(["rol", "ror"] as const).map((kind) =>
      flagsOp(`flags${kind}${width}`, "update", (e) => {
        const { f, X, L } = e;
        e.value64("b", 8).f.op("i64Eqz", "i32Eqz");
        f.if();
        e.value64("d", width).f.set(X);
        // L: CF in bit 0; X: the bit that OF compares it with.
        if (kind === "rol") {
          f.get(X).i64(1).op("i64And").set(L);
          f.get(X)
            .i64(width - 1)
            .op("i64ShrU")
            .set(X);
        } else {
          f.get(X)
            .i64(width - 1)
            .op("i64ShrU")
            .set(L);
          f.get(X)
            .i64(width - 2)
            .op("i64ShrU")
            .i64(1)
            .op("i64And")
            .set(X);
        }
        // OF = L ^ X, so the bit below CF, CF ^ OF, is X.
        e.flagCout(() => f.get(L).i64(63).op("i64Shl").get(X).i64(62).op("i64Shl", "i64Or"));
        f.end();
      }),
    ),
    // a: boolean.
    flagsOp(`flagsmul${width}`, "write", (e) => {
      e.value("d", width).f.set(width === 64 ? e.R : e.r);
      e.flagRes(() => e.resultSigned(width));
      e.flagCout(() => e.value64("a", 8).f.op("i64Eqz", "i32Eqz", "i64ExtendI32U").i64(63).op("i64Shl"));
      e.flagAux(() => e.f.i32(0));
    }),
  ];
}

/** Sets one status flag to the boolean in slot a. */
function setFlagOps(): RecordOp[] {
  const bool = (e: Emit): Emit => {
    e.slot("a", "i32Load8U").f.op("i32Eqz", "i32Eqz");
    return e;
  };
  /** Rewrites res and aux from three conditions. */
  const recode = (e: Emit, zf: () => void, sf: () => void, pf: () => void): void => {
    const { f } = e;
    zf();
    f.set(e.x);
    sf();
    f.set(e.y);
    pf();
    f.set(e.r);
    // res 0 has even parity, res 1 odd: bit 8 of aux puts PF right.
    e.flagAux(() => {
      e.state("i32Load", StateOffset.flagAux).f.i32(16).op("i32And");
      f.get(e.y).i32(31).op("i32Shl", "i32Or");
      f.get(e.r).get(e.x).op("i32Xor").i32(8).op("i32Shl", "i32Or");
    });
    e.flagRes(() => f.get(e.x).op("i32Eqz", "i64ExtendI32U"));
  };
  const cc = (e: Emit, code: number) => (): void => void e.condition(code);
  return [
    {
      ...flagsOp("setFlag0", "update", (e) => {
        const { f } = e;
        // OF stays: the bit below CF becomes CF xor OF.
        e.condition(0).f.set(e.x);
        bool(e).f.set(e.y);
        e.flagCout(() => {
          f.get(e.y).i32(31).op("i32Shl").get(e.x).get(e.y).op("i32Xor").i32(30).op("i32Shl", "i32Or");
          f.op("i64ExtendI32U").i64(32).op("i64Shl");
        });
      }),
      hot: true,
    },
    flagsOp("setFlag11", "update", (e) => {
      const { f } = e;
      e.condition(2).f.set(e.y);
      bool(e).f.set(e.x);
      e.flagCout(() => {
        f.get(e.y).i32(31).op("i32Shl").get(e.x).get(e.y).op("i32Xor").i32(30).op("i32Shl", "i32Or");
        f.op("i64ExtendI32U").i64(32).op("i64Shl");
      });
    }),
    flagsOp("setFlag4", "update", (e) => {
      e.flagAux(() => {
        e.state("i32Load", StateOffset.flagAux).f.i32(~16).op("i32And");
        bool(e).f.i32(4).op("i32Shl", "i32Or");
      });
    }),
    flagsOp("setFlag6", "update", (e) => recode(e, () => bool(e), cc(e, 8), cc(e, 10))),
    flagsOp("setFlag7", "update", (e) => recode(e, cc(e, 4), () => bool(e), cc(e, 10))),
    flagsOp("setFlag2", "update", (e) => recode(e, cc(e, 4), cc(e, 8), () => bool(e))),
    {
      ...flagsOp("setFlag10", "none", (e) => {
        e.setState("i32Store", StateOffset.rflagsOther, () => {
          e.state("i32Load", StateOffset.rflagsOther)
            .f.i32(~(1 << 10))
            .op("i32And");
          bool(e).f.i32(10).op("i32Shl", "i32Or");
        });
      }),
    },
  ];
}

/** Always through the slow path: segments that are not flat, alignment checks, explicit supervisor accesses. */
function slowAccess(bytes: 1 | 2 | 4 | 8 | 16): RecordOp[] {
  const op = (name: string, emit: (e: Emit) => void): RecordOp => ({
    name,
    flags: "none",
    faults: true,
    hot: false,
    emit,
  });
  const into = { 1: "i64Store8", 2: "i64Store16", 4: "i64Store", 8: "i64Store" } as const;
  const from = { 1: "i64Load8U", 2: "i64Load16U", 4: "i64Load32U", 8: "i64Load" } as const;
  return [
    op(`slowLoad${bytes}`, (e) => {
      const { f } = e;
      e.address(false);
      f.get(e.pc).get(e.budget).get(e.L).call(e.callees.slowLoad).tee(e.h).op("i32Eqz");
      e.stopIf();
      e.field("d").f.get(e.h);
      if (bytes === 16) f.vectorAccess(0x00, 0, 0).vectorAccess(0x0b, e.layout.state, 4);
      else f.access(from[bytes], 0, 0).access(into[bytes], e.layout.state);
    }),
    op(`slowStore${bytes}`, (e) => {
      const { f } = e;
      e.address(false);
      f.i32(0);
      e.field("d").f.vectorAccess(0x00, e.layout.state, 0);
      f.vectorAccess(0x0b, e.layout.control + Control.scratch, 4);
      f.get(e.pc).get(e.budget).get(e.L).call(e.callees.slowStore);
      e.stopIf();
    }),
  ];
}

export const genericOps: readonly RecordOp[] = [
  ...intWidths.flatMap((width) => [mulHigh(width, false), mulHigh(width, true)]),
  ...(Object.keys(division) as (keyof typeof division)[]).flatMap((name) =>
    ([32, 64] as const).map((width) =>
      pure(`${name}${width}`, (e) => {
        operands(e, width, name.endsWith("S"));
        store(e, width, () => e.f.get(e.X).get(e.Y).op(division[name]));
      }),
    ),
  ),
  ...intWidths.flatMap((width) => shiftKinds.map((kind) => shiftByCount(kind, width))),
  ...intWidths.flatMap((width) => [rotateByCount("rotl", width), rotateByCount("rotr", width)]),
  ...intWidths.flatMap((width) => [
    pure(`clz${width}`, (e) =>
      store(e, width, () => {
        e.value64("a", width).f.op("i64Clz");
        if (width < 64) e.f.i64(64 - width).op("i64Sub");
      }),
    ),
    pure(`ctz${width}`, (e) =>
      store(e, width, () => {
        e.value64("a", width);
        if (width < 64) e.f.i64(1n << BigInt(width)).op("i64Or");
        e.f.op("i64Ctz");
      }),
    ),
    pure(`popcnt${width}`, (e) => store(e, width, () => e.value64("a", width).f.op("i64Popcnt"))),
    ...comparisonNames.map((name) => comparison(name, width)),
    select(width),
    ...flagsOps(width),
  ]),
  ...([16, 32, 64] as const).map(byteSwap),
  pure("select128", (e) => {
    const { f } = e;
    e.field("d").field("b").imm32().slot("a", "i32Load8U").f.op("select");
    f.vectorAccess(0x00, e.layout.state, 4).vectorAccess(0x0b, e.layout.state, 4);
  }),
  // To a boolean (64-bit 0 or 1) from bit 0 of slot a.
  {
    ...pure("bool", (e) => void e.resultBool(() => e.slot("a", "i32Load8U").f.i32(1).op("i32And"))),
    hot: true,
  },
  pure("boolsext", (e) => {
    e.result64(() => {
      e.f.i64(0);
      e.slot("a", "i64Load8U").f.op("i64Sub");
    });
  }),
  pure("zext128", (e) => {
    e.field("d").slot("a", "i64Load").f.access("i64Store", e.layout.state);
    e.field("d")
      .f.i64(0)
      .access("i64Store", e.layout.state + 8);
  }),
  ...setFlagOps(),
  // All six status flags from the bits of slot a, at their places in RFLAGS.
  flagsOp(
    "setStatus",
    "write",
    (e) => {
      e.slot("a", "i32Load").f.set(e.x);
      writeStatus(e.f, e.layout, e.x);
    },
    true,
  ),
  {
    ...pure("getFlag4", (e) => {
      e.resultBool(() => e.state("i32Load", StateOffset.flagAux).f.i32(4).op("i32ShrU").i32(1).op("i32And"));
    }),
    flags: "read",
  },
  pure("getFlag10", (e) => {
    e.resultBool(() => e.state("i32Load", StateOffset.rflagsOther).f.i32(10).op("i32ShrU").i32(1).op("i32And"));
  }),
  ...([1, 2, 4, 8, 16] as const).flatMap(slowAccess),
];
