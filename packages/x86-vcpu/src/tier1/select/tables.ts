/** What selection looks up: numbers of record ops by width and kind, properties of IR operations. */
import { Flag, helperNames, IrOp, irOpNames, irOps, MemoryFlag, simdOpNames } from "x86-lift";
import { StateOffset, TEMP_BYTES } from "../../state-layout.ts";
import { aluKinds, cmpConditions, shiftKinds, testConditions } from "../ops/alu.ts";
import { comparisonNames } from "../ops/generic.ts";
import { findRecordOp, recordOp } from "../ops/index.ts";
import { conditionCodes } from "../ops/move.ts";
import { x87OperateName } from "../x87/ops.ts";

export const MAX_ROWS = 512;
export const RSP = StateOffset.gpr + 4 * 8;
export const TEMPS_END = 0x1000;
/** The last slot is where results go that nobody wants. */
export const TEMPS = (TEMPS_END - StateOffset.temps) / TEMP_BYTES - 1;
export const TRASH = TEMPS_END - TEMP_BYTES;

/** Accesses that always take the slow path; Aligned ones only below 128 bits. */
export const NEVER_INLINE = MemoryFlag.Aligned | MemoryFlag.Supervisor | MemoryFlag.Execute;

export const Kind = { None: 0, Slot: 1, Const: 2, Ea: 3, Cond: 4 } as const;

// ---- op numbers, looked up once

/** 0–3 for 8, 16, 32, 64. */
export const log = (width: number): number => 28 - Math.clz32(width);
export const widths = [8, 16, 32, 64] as const;
export const byWidth = (name: (width: number) => string): readonly number[] => widths.map((w) => recordOp(name(w)));

export interface BinaryOps {
  readonly plain: readonly number[];
  readonly flags: readonly number[];
  readonly immediate: readonly number[];
  readonly immediateFlags: readonly number[];
}
export const binaryOps = (kind: string): BinaryOps => ({
  plain: byWidth((w) => `${kind}${w}`),
  flags: byWidth((w) => `${kind}${w}f`),
  immediate: byWidth((w) => `${kind}${w}i`),
  immediateFlags: byWidth((w) => `${kind}${w}if`),
});
export const alu: readonly (BinaryOps | undefined)[] = irOpNames.map((name) =>
  (aluKinds as readonly string[]).includes(name) ? binaryOps(name) : undefined,
);
export const compareOnly = { sub: byWidth((w) => `cmp${w}`), and: byWidth((w) => `test${w}`) };
export const compareOnlyImmediate = { sub: byWidth((w) => `cmp${w}i`), and: byWidth((w) => `test${w}i`) };
export const incFlags = byWidth((w) => `inc${w}f`);
export const decFlags = byWidth((w) => `dec${w}f`);
export const shiftImmediate = shiftKinds.map((kind) => byWidth((w) => `${kind}${w}i`));
export const shiftImmediateFlags = shiftKinds.map((kind) => byWidth((w) => `${kind}${w}if`));
export const move = byWidth((w) => `mov${w}`);
export const moveImmediate = byWidth((w) => `mov${w}i`);
export const [mov64full, movlow32, movlow32i, mov128, lea64, lea32, lea16, boolOp, boolsext, zext128] = [
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
export const movzx = new Map<number, number>();
export const movsx = new Map<number, number>();
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
export const setcc = conditionCodes.map((cc) => recordOp(`setcc${cc}`));
export const getcc = conditionCodes.map((cc) => recordOp(`getcc${cc}`));
export const cmov = [32, 64].map((w) => conditionCodes.map((cc) => recordOp(`cmov${w}cc${cc}`)));
export const jumpIf = conditionCodes.map((cc) => recordOp(`jump${cc}`));
export const select128 = recordOp("select128");
export const selects = byWidth((w) => `select${w}`);
/** [indexed] → by width. */
export const loadOps = ["", "x"].map((x) => byWidth((w) => `ld${w}${x}`));
export const loadWriteOps = ["", "x"].map((x) => byWidth((w) => `ldw${w}${x}`));
export const loadZeroOps = ["", "x"].map((x) => [recordOp(`ldz8${x}`), recordOp(`ldz16${x}`)]);
export const loadSignOps = ["", "x"].map(
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
export const storeOps = ["", "x"].map((x) => byWidth((w) => `st${w}${x}`));
export const storeImmediate = byWidth((w) => `st${w}i`);
export const vectorOps = ["", "x"].map((x) => ({
  load: [recordOp(`ld128${x}`), recordOp(`ld128a${x}`)],
  store: [recordOp(`st128${x}`), recordOp(`st128a${x}`)],
}));
export const slowLoads = new Map([1, 2, 4, 8, 16].map((bytes) => [bytes, recordOp(`slowLoad${bytes}`)]));
export const slowStores = new Map([1, 2, 4, 8, 16].map((bytes) => [bytes, recordOp(`slowStore${bytes}`)]));
export const based = recordOp("based");
export const push64 = recordOp("push64");
export const push64i = recordOp("push64i");
export const pop64 = recordOp("pop64");
export const [push32, push32i, pop32, ret32] = ["push32", "push32i", "pop32", "ret32"].map(recordOp) as [
  number,
  number,
  number,
  number,
];
export const ret64 = recordOp("ret64");
export const jumpToOp = recordOp("jumpTo");
export const checkCanonical = recordOp("checkCanonical");
export const checkLimit = recordOp("checkLimit");
export const raiseIfOp = recordOp("raiseIf");
export const scriptOp = recordOp("script");
export const checkIoOp = recordOp("checkIo");
/** By helper and its first constant, where that decides: events that WebAssembly tries first. */
export const eventOps: Readonly<Record<string, number>> = {
  interruptReturn32: recordOp("iret32"),
  interruptReturn64: recordOp("iret64"),
  syscall0: recordOp("syscall"),
  sysret64: recordOp("sysret64"),
};
export const [int32, int64] = [recordOp("int32"), recordOp("int64")];
export const ioOp = recordOp("io");
export const leaveOp = recordOp("leave");
export const jumpBool = recordOp("jumpBool");
export const dataOp = recordOp("data");

/** Pure operations that have generic records only: by IR op, by width. −1: none at that width. */
export const findOp = (name: string): number => findRecordOp(name) ?? -1;
export const generic: readonly (readonly number[])[] = irOpNames.map((name) =>
  widths.map((w) => findOp(`${name}${w}`)),
);
export const rotateImmediate = new Map(
  ["rotl", "rotr"].flatMap((kind) => [32, 64].map((w) => [IrOp[kind as "rotl"] * 256 + w, recordOp(`${kind}${w}i`)])),
);
export const mulImmediate = byWidth((w) => `mul${w}i`);
/** By width, 32 and 64 only: imul with its flags. */
export const mulFlags = [-1, -1, recordOp("mul32f"), recordOp("mul64f")];
export const mulImmediateFlags = [-1, -1, recordOp("mul32if"), recordOp("mul64if")];
export const flagsKindNames = ["add", "sub", "logic", "inc", "dec", "shl", "shr", "sar", "rol", "ror", "mul"];
export const flagsOps = flagsKindNames.map((kind) => byWidth((w) => `flags${kind}${w}`));
export const setStatus = recordOp("setStatus");
/** CF, PF, AF, ZF, SF, OF. */
export const STATUS_FLAGS = 0x8d5;
export const setFlagOps = new Map([0, 2, 4, 6, 7, 10, 11].map((flag) => [flag, recordOp(`setFlag${flag}`)]));
export const getFlagOps = new Map([4, 10].map((flag) => [flag, recordOp(`getFlag${flag}`)]));
export const flagConditions = new Map<number, number>([
  [Flag.CF, 2],
  [Flag.ZF, 4],
  [Flag.SF, 8],
  [Flag.OF, 0],
  [Flag.PF, 10],
]);
/** Record ops of helpers that have a fast path in WebAssembly; −1 where TypeScript does it all. */
export const helperRecordOps = helperNames.map((name) => findOp(`helper:${name}`));
/** Their fast paths take the offset for the linear address: of an operand in the segment named by `hi`, of one in ES. */
export const flatOperand = helperNames.map((name) => (name === "x87Store" || name === "repMovs" ? 1 : 0));
export const flatDestination = helperNames.map((name) => (name === "repMovs" || name === "repStos" ? 1 : 0));
/** Record ops of x87Operate… helpers by their op, the low four bits of their first constant. */
export const operateRecordOps = new Map(
  helperNames.flatMap((name, number) =>
    name.startsWith("x87Operate")
      ? [[number, Array.from({ length: 16 }, (_, low) => findOp(x87OperateName(name, low)))] as const]
      : [],
  ),
);
/** Record ops of lane-wise operations; −1 where TypeScript evaluates. */
export const simdRecordOps = simdOpNames.map((name) => findOp(`simd:${name}`));

/** By cmp or test op number: the fused ops by condition code >> 1, −1 where there is none. */
export const fusedOps = new Map<number, readonly number[]>();
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
export const isBarrier = irOpNames.map((name) => irOps[name].effect === "fault" || irOps[name].effect === "end");
export const touchesFlags = irOpNames.map((name) =>
  ["flags", "setFlag", "getFlag", "cond", "getRflags", "setRflags", "helper"].includes(name),
);
export const isComparison = irOpNames.map((name) => (comparisonNames as readonly string[]).includes(name));
export const commutative = irOpNames.map((name) => ["add", "and", "or", "xor", "mul"].includes(name));
