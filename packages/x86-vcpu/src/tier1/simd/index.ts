/**
 * WebAssembly for lane-wise operations: bodies of the records `simd:NAME`. Operations that are not here (MPSADBW,
 * PHMINPOSUW, INSERTPS) are evaluated in TypeScript.
 *
 * An immediate is data of the record, not of the code, so that one body serves all: shuffles by immediate load lanes at
 * computed addresses, byte shifts go through a swizzle.
 */
import type { SimdOpName } from "x86-lift";
import type { Emit, RecordOp } from "../ops/emit.ts";
import { constant, loadLane, op, push, result, shuffle, type VectorOpcode } from "./vector-emit.ts";

type Body = (e: Emit) => void;

const unary =
  (opcode: VectorOpcode): Body =>
  (e) =>
    result(e, () => {
      push(e, "a");
      op(e, opcode);
    });

const binary =
  (...opcodes: VectorOpcode[]): Body =>
  (e) =>
    result(e, () => {
      push(e, "a");
      push(e, "b");
      op(e, ...opcodes);
    });

/** By a count in slot b (64 bits): all of it counts, and too much shifts everything out. */
const shift =
  (opcode: VectorOpcode, width: number): Body =>
  (e) =>
    result(e, () => {
      const { f } = e;
      push(e, "a");
      e.slot("b", "i64Load").f.tee(e.X).op("i32WrapI64");
      op(e, opcode);
      constant(e, 0);
      f.get(e.X).i64(width).op("i64LtU", "select");
    });

const shiftSigned =
  (opcode: VectorOpcode, width: number): Body =>
  (e) =>
    result(e, () => {
      const { f } = e;
      push(e, "a");
      e.slot("b", "i64Load").f.tee(e.X).op("i32WrapI64");
      f.i32(width - 1)
        .get(e.X)
        .i64(width)
        .op("i64LtU", "select");
      op(e, opcode);
    });

const shiftImmediate =
  (opcode: VectorOpcode): Body =>
  (e) =>
    result(e, () => {
      push(e, "a");
      e.field("t");
      op(e, opcode);
    });

/** Fixed choice of bytes from a (0–15) and b (16–31). */
const shuffled =
  (pick: (lane: number) => number): Body =>
  (e) =>
    result(e, () => {
      push(e, "a");
      push(e, "b");
      shuffle(e, pick);
    });

/** Interleaves lanes of `size` bytes of the low or the high halves. */
const unpack = (size: number, high: boolean): Body =>
  shuffled((i) => (high ? 8 : 0) + ((i / size) & 1) * 16 + Math.floor(i / size / 2) * size + (i % size));

/** Even and odd lanes of `size` bytes against each other: pairs of a, then of b. */
const pairs =
  (size: number, opcode: VectorOpcode): Body =>
  (e) =>
    result(e, () => {
      for (const odd of [0, 1]) {
        push(e, "a");
        push(e, "b");
        shuffle(e, (i) => Math.floor(i / size) * 2 * size + odd * size + (i % size));
      }
      op(e, opcode);
    });

/** High halves of 16-bit products. */
const multiplyHigh =
  (low: VectorOpcode, high: VectorOpcode): Body =>
  (e) =>
    result(e, () => {
      for (const half of [low, high]) {
        push(e, "a");
        push(e, "b");
        op(e, half);
      }
      shuffle(e, (i) => (i >> 1) * 4 + 2 + (i & 1));
    });

const multiplyEven =
  (opcode: VectorOpcode): Body =>
  (e) =>
    result(e, () => {
      for (const field of ["a", "b"] as const) {
        push(e, field);
        push(e, field);
        shuffle(e, (i) => (i < 4 ? i : i < 8 ? i + 4 : i));
      }
      op(e, opcode);
    });

const multiplyRounded: Body = (e) =>
  result(e, () => {
    binaryOnStack(e, "i16x8Q15mulrSatS");
    // WebAssembly saturates −32768 × −32768, x86 wraps.
    binaryOnStack(e, "i16x8Eq");
    push(e, "a");
    constant(e, 0x00, 0x80);
    op(e, "i16x8Eq", "and", "xor");
  });

function binaryOnStack(e: Emit, opcode: VectorOpcode): void {
  push(e, "a");
  push(e, "b");
  op(e, opcode);
}

const dotUnsignedSigned: Body = (e) =>
  result(e, () => {
    const { f } = e;
    push(e, "a");
    constant(e, 0xff, 0x00);
    op(e, "and");
    push(e, "b");
    f.i32(8);
    op(e, "i16x8Shl");
    f.i32(8);
    op(e, "i16x8ShrS", "i16x8Mul");
    push(e, "a");
    f.i32(8);
    op(e, "i16x8ShrU");
    push(e, "b");
    f.i32(8);
    op(e, "i16x8ShrS", "i16x8Mul", "i16x8AddSatS");
  });

const sumOfDifferences: Body = (e) => {
  const sums = e.f.local("v128");
  binaryOnStack(e, "i8x16SubSatU");
  push(e, "b");
  push(e, "a");
  op(e, "i8x16SubSatU", "or", "i16x8ExtaddU", "i32x4ExtaddU");
  e.f.set(sums);
  result(e, () => {
    e.f.get(sums).i32(32);
    op(e, "i64x2ShrU");
    e.f.get(sums);
    constant(e, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);
    op(e, "and", "i64x2Add");
  });
};

const sign =
  (shape: "i8x16" | "i16x8" | "i32x4", width: number): Body =>
  (e) => {
    const negative = e.f.local("v128");
    push(e, "b");
    e.f.i32(width - 1);
    op(e, `${shape}ShrS`);
    e.f.set(negative);
    result(e, () => {
      push(e, "a");
      e.f.get(negative);
      op(e, "xor");
      e.f.get(negative);
      op(e, `${shape}Sub`);
      push(e, "b");
      constant(e, 0);
      op(e, `${shape}Eq`, "andnot");
    });
  };

/** swizzle(a, lane number + `offset`): lanes outside 0–15 become zero. */
function slide(e: Emit, field: "a" | "b", offset: () => void): void {
  push(e, field);
  constant(e, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  offset();
  op(e, "i8x16Splat", "i8x16Add", "swizzle");
}

const alignRight: Body = (e) =>
  result(e, () => {
    slide(e, "b", () => e.field("t"));
    slide(e, "a", () => e.field("t").f.i32(16).op("i32Sub"));
    op(e, "or");
  });

/** Pushes the address, without the state's, of lane (imm >> 2·i & 3) of `size` bytes in a slot. */
function chosenLane(e: Emit, field: "a" | "b", i: number, size: 2 | 4): void {
  e.field(field).field("t");
  if (i > 0) e.f.i32(2 * i).op("i32ShrU");
  e.f
    .i32(3)
    .op("i32And")
    .i32(size === 4 ? 2 : 1)
    .op("i32Shl", "i32Add");
}

const shuffleWords =
  (sources: readonly ("a" | "b")[]): Body =>
  (e) =>
    result(e, () => {
      for (let i = 3; i >= 1; i--) chosenLane(e, sources[i]!, i, 4);
      chosenLane(e, sources[0]!, 0, 4);
      e.f.vectorAccess(0x5c, e.layout.state, 0);
      for (let i = 1; i < 4; i++) loadLane(e, "load32Lane", i);
    });

const shuffleHalves =
  (high: boolean): Body =>
  (e) =>
    result(e, () => {
      for (let i = 3; i >= 0; i--) chosenLane(e, "a", i, 2);
      push(e, "a");
      for (let i = 0; i < 4; i++) loadLane(e, "load16Lane", high ? 4 + i : i, high ? 8 : 0);
    });

const shuffleDoubles: Body = (e) =>
  result(e, () => {
    e.field("b").field("t").f.i32(1).op("i32ShrU").i32(1).op("i32And").i32(3).op("i32Shl", "i32Add");
    e.field("a").field("t").f.i32(1).op("i32And").i32(3).op("i32Shl", "i32Add");
    e.f.vectorAccess(0x5d, e.layout.state, 0);
    loadLane(e, "load64Lane", 1);
  });

/** Pushes a vector whose lanes of `size` bytes are all ones where the bit of that number in t is set. */
function maskOfImmediate(e: Emit, size: number, equal: VectorOpcode): void {
  const bits = Array.from({ length: 16 }, (_, i) => (i % size === 0 ? 1 << (i / size) : 0));
  e.field("t");
  op(e, "i8x16Splat");
  constant(e, ...bits);
  op(e, "and");
  constant(e, ...bits);
  op(e, equal);
}

const blend =
  (size: number, equal: VectorOpcode): Body =>
  (e) =>
    result(e, () => {
      push(e, "b");
      push(e, "a");
      maskOfImmediate(e, size, equal);
      op(e, "bitselect");
    });

const blendSign =
  (opcode: VectorOpcode, width: number): Body =>
  (e) =>
    result(e, () => {
      push(e, "b");
      push(e, "a");
      push(e, "imm");
      e.f.i32(width - 1);
      op(e, opcode, "bitselect");
    });

/** A lane as an integer, straight from its place in the slot. */
const extract =
  (access: "i32Load8U" | "i32Load16U" | "i32Load" | "i64Load", shiftBy: number): Body =>
  (e) => {
    const load = (): void => {
      e.field("a").field("t").f.i32(shiftBy).op("i32Shl", "i32Add").access(access, e.layout.state);
    };
    if (access === "i64Load") e.result64(load);
    else e.result(32, load);
  };

const replace =
  (width: 8 | 16 | 32 | 64, shiftBy: number): Body =>
  (e) => {
    const { f, layout } = e;
    e.value64("b", width).f.set(e.X);
    result(e, () => push(e, "a"));
    e.field("d").field("t").f.i32(shiftBy).op("i32Shl", "i32Add").get(e.X);
    f.access(({ 8: "i64Store8", 16: "i64Store16", 32: "i64Store32", 64: "i64Store" } as const)[width], layout.state);
  };

const bitmask =
  (opcode: VectorOpcode): Body =>
  (e) =>
    void e.result(32, () => {
      push(e, "a");
      op(e, opcode);
    });

const bodies: { readonly [N in SimdOpName]?: Body } = {
  "v128.and": binary("and"),
  "v128.or": binary("or"),
  "v128.xor": binary("xor"),
  "v128.andnot": binary("andnot"),
  "v128.any_true": (e) =>
    void e.resultBool(() => {
      push(e, "a");
      op(e, "anyTrue");
    }),
  "i8x16.add": binary("i8x16Add"),
  "i16x8.add": binary("i16x8Add"),
  "i32x4.add": binary("i32x4Add"),
  "i64x2.add": binary("i64x2Add"),
  "i8x16.add_sat_s": binary("i8x16AddSatS"),
  "i8x16.add_sat_u": binary("i8x16AddSatU"),
  "i16x8.add_sat_s": binary("i16x8AddSatS"),
  "i16x8.add_sat_u": binary("i16x8AddSatU"),
  "i8x16.sub": binary("i8x16Sub"),
  "i16x8.sub": binary("i16x8Sub"),
  "i32x4.sub": binary("i32x4Sub"),
  "i64x2.sub": binary("i64x2Sub"),
  "i8x16.sub_sat_s": binary("i8x16SubSatS"),
  "i8x16.sub_sat_u": binary("i8x16SubSatU"),
  "i16x8.sub_sat_s": binary("i16x8SubSatS"),
  "i16x8.sub_sat_u": binary("i16x8SubSatU"),
  "i16x8.add_pairs": pairs(2, "i16x8Add"),
  "i32x4.add_pairs": pairs(4, "i32x4Add"),
  "i16x8.add_pairs_sat_s": pairs(2, "i16x8AddSatS"),
  "i16x8.sub_pairs": pairs(2, "i16x8Sub"),
  "i32x4.sub_pairs": pairs(4, "i32x4Sub"),
  "i16x8.sub_pairs_sat_s": pairs(2, "i16x8SubSatS"),
  "i16x8.mul": binary("i16x8Mul"),
  "i32x4.mul": binary("i32x4Mul"),
  "i16x8.mulhi_s": multiplyHigh("i32x4ExtmulLowS", "i32x4ExtmulHighS"),
  "i16x8.mulhi_u": multiplyHigh("i32x4ExtmulLowU", "i32x4ExtmulHighU"),
  "i16x8.q15mulr_s": multiplyRounded,
  "i32x4.dot_i16x8_s": binary("i32x4DotS"),
  "i16x8.dot_i8x16_us": dotUnsignedSigned,
  "i64x2.mul_even_s": multiplyEven("i64x2ExtmulLowS"),
  "i64x2.mul_even_u": multiplyEven("i64x2ExtmulLowU"),
  "i64x2.sad_u8": sumOfDifferences,
  "i8x16.min_s": binary("i8x16MinS"),
  "i8x16.min_u": binary("i8x16MinU"),
  "i16x8.min_s": binary("i16x8MinS"),
  "i16x8.min_u": binary("i16x8MinU"),
  "i32x4.min_s": binary("i32x4MinS"),
  "i32x4.min_u": binary("i32x4MinU"),
  "i8x16.max_s": binary("i8x16MaxS"),
  "i8x16.max_u": binary("i8x16MaxU"),
  "i16x8.max_s": binary("i16x8MaxS"),
  "i16x8.max_u": binary("i16x8MaxU"),
  "i32x4.max_s": binary("i32x4MaxS"),
  "i32x4.max_u": binary("i32x4MaxU"),
  "i8x16.avgr_u": binary("i8x16AvgrU"),
  "i16x8.avgr_u": binary("i16x8AvgrU"),
  "i8x16.abs": unary("i8x16Abs"),
  "i16x8.abs": unary("i16x8Abs"),
  "i32x4.abs": unary("i32x4Abs"),
  "i8x16.sign": sign("i8x16", 8),
  "i16x8.sign": sign("i16x8", 16),
  "i32x4.sign": sign("i32x4", 32),
  "i8x16.eq": binary("i8x16Eq"),
  "i16x8.eq": binary("i16x8Eq"),
  "i32x4.eq": binary("i32x4Eq"),
  "i64x2.eq": binary("i64x2Eq"),
  "i8x16.gt_s": binary("i8x16GtS"),
  "i16x8.gt_s": binary("i16x8GtS"),
  "i32x4.gt_s": binary("i32x4GtS"),
  "i64x2.gt_s": binary("i64x2GtS"),
  "i16x8.shl": shift("i16x8Shl", 16),
  "i32x4.shl": shift("i32x4Shl", 32),
  "i64x2.shl": shift("i64x2Shl", 64),
  "i16x8.shr_u": shift("i16x8ShrU", 16),
  "i32x4.shr_u": shift("i32x4ShrU", 32),
  "i64x2.shr_u": shift("i64x2ShrU", 64),
  "i16x8.shr_s": shiftSigned("i16x8ShrS", 16),
  "i32x4.shr_s": shiftSigned("i32x4ShrS", 32),
  "i16x8.shl_imm": shiftImmediate("i16x8Shl"),
  "i32x4.shl_imm": shiftImmediate("i32x4Shl"),
  "i64x2.shl_imm": shiftImmediate("i64x2Shl"),
  "i16x8.shr_u_imm": shiftImmediate("i16x8ShrU"),
  "i32x4.shr_u_imm": shiftImmediate("i32x4ShrU"),
  "i64x2.shr_u_imm": shiftImmediate("i64x2ShrU"),
  "i16x8.shr_s_imm": shiftImmediate("i16x8ShrS"),
  "i32x4.shr_s_imm": shiftImmediate("i32x4ShrS"),
  "v128.shl_bytes": (e) =>
    result(e, () =>
      slide(e, "a", () => {
        e.f.i32(0);
        e.field("t").f.op("i32Sub");
      }),
    ),
  "v128.shr_bytes": (e) => result(e, () => slide(e, "a", () => e.field("t"))),
  "i8x16.align_right": alignRight,
  "i8x16.narrow_i16x8_s": binary("i8x16NarrowS"),
  "i8x16.narrow_i16x8_u": binary("i8x16NarrowU"),
  "i16x8.narrow_i32x4_s": binary("i16x8NarrowS"),
  "i16x8.narrow_i32x4_u": binary("i16x8NarrowU"),
  "i8x16.unpack_low": unpack(1, false),
  "i16x8.unpack_low": unpack(2, false),
  "i32x4.unpack_low": unpack(4, false),
  "i64x2.unpack_low": unpack(8, false),
  "i8x16.unpack_high": unpack(1, true),
  "i16x8.unpack_high": unpack(2, true),
  "i32x4.unpack_high": unpack(4, true),
  "i64x2.unpack_high": unpack(8, true),
  "i16x8.extend_low_i8x16_s": unary("i16x8ExtendLowS"),
  "i16x8.extend_low_i8x16_u": unary("i16x8ExtendLowU"),
  "i32x4.extend_low_i16x8_s": unary("i32x4ExtendLowS"),
  "i32x4.extend_low_i16x8_u": unary("i32x4ExtendLowU"),
  "i64x2.extend_low_i32x4_s": unary("i64x2ExtendLowS"),
  "i64x2.extend_low_i32x4_u": unary("i64x2ExtendLowU"),
  // An index with bit 7 set stays out of range once bits 6–4 are cleared.
  "i8x16.shuffle_bytes": (e) =>
    result(e, () => {
      push(e, "a");
      push(e, "b");
      constant(e, 0x8f);
      op(e, "and", "swizzle");
    }),
  "i32x4.shuffle": shuffleWords(["a", "a", "a", "a"]),
  "i16x8.shuffle_low": shuffleHalves(false),
  "i16x8.shuffle_high": shuffleHalves(true),
  "i32x4.shuffle_pair": shuffleWords(["a", "a", "b", "b"]),
  "i64x2.shuffle_pair": shuffleDoubles,
  "i16x8.blend": blend(2, "i16x8Eq"),
  "i32x4.blend": blend(4, "i32x4Eq"),
  "i64x2.blend": blend(8, "i64x2Eq"),
  "i8x16.blend_sign": blendSign("i8x16ShrS", 8),
  "i32x4.blend_sign": blendSign("i32x4ShrS", 32),
  "i64x2.blend_sign": blendSign("i64x2ShrS", 64),
  "i8x16.extract_lane_u": extract("i32Load8U", 0),
  "i16x8.extract_lane_u": extract("i32Load16U", 1),
  "i32x4.extract_lane": extract("i32Load", 2),
  "i64x2.extract_lane": extract("i64Load", 3),
  "i8x16.replace_lane": replace(8, 0),
  "i16x8.replace_lane": replace(16, 1),
  "i32x4.replace_lane": replace(32, 2),
  "i64x2.replace_lane": replace(64, 3),
  "i8x16.from_bitmask": (e) =>
    result(e, () => {
      const bits = [1, 2, 4, 8, 16, 32, 64, 128];
      e.value("a", 32);
      op(e, "i16x8Splat");
      constant(e, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
      op(e, "swizzle");
      constant(e, ...bits);
      op(e, "and");
      constant(e, ...bits);
      op(e, "i8x16Eq");
    }),
  "i16x8.from_bitmask": (e) =>
    result(e, () => {
      const bits = [1, 0, 2, 0, 4, 0, 8, 0, 16, 0, 32, 0, 64, 0, 128, 0];
      e.value("a", 32);
      op(e, "i16x8Splat");
      constant(e, ...bits);
      op(e, "and");
      constant(e, ...bits);
      op(e, "i16x8Eq");
    }),
  "i8x16.bitmask": bitmask("i8x16Bitmask"),
  "i32x4.bitmask": bitmask("i32x4Bitmask"),
  "i64x2.bitmask": bitmask("i64x2Bitmask"),
};

/** Operations of string functions and of moves, worth a place in the main function. Their bodies use no local. */
const hot: ReadonlySet<string> = new Set<SimdOpName>([
  "v128.and",
  "v128.or",
  "v128.xor",
  "i8x16.eq",
  "i8x16.min_u",
  "i8x16.bitmask",
  "i64x2.unpack_low",
]);

export const simdOps: readonly RecordOp[] = (Object.entries(bodies) as [SimdOpName, Body][]).map(([name, emit]) => ({
  name: `simd:${name}`,
  flags: "none",
  faults: false,
  hot: hot.has(name),
  emit,
}));
