/** Words for vector records: `d`, `a`, `b` are slots, `imm` the slot of a third operand, `t` the operation's immediate. */
import type { Emit } from "../ops/emit.ts";

/** Fixed-width vector instructions after the 0xfd prefix (WebAssembly core specification 2.0, §5.4.8), by their text names. */
// biome-ignore format: a table
export const V = {
  load: 0x00, store: 0x0b, const: 0x0c, shuffle: 0x0d, swizzle: 0x0e,
  i8x16Splat: 0x0f, i16x8Splat: 0x10, load16Lane: 0x55, load32Lane: 0x56, load32Zero: 0x5c, load64Lane: 0x57,
  i8x16Eq: 0x23, i8x16GtS: 0x27, i16x8Eq: 0x2d, i16x8GtS: 0x31, i32x4Eq: 0x37, i32x4GtS: 0x3b, i64x2Eq: 0xd6, i64x2GtS: 0xd9,
  and: 0x4e, andnot: 0x4f, or: 0x50, xor: 0x51, bitselect: 0x52, anyTrue: 0x53,
  i8x16Abs: 0x60, i8x16Bitmask: 0x64, i8x16NarrowS: 0x65, i8x16NarrowU: 0x66, i8x16ShrS: 0x6c,
  i8x16Add: 0x6e, i8x16AddSatS: 0x6f, i8x16AddSatU: 0x70, i8x16Sub: 0x71, i8x16SubSatS: 0x72, i8x16SubSatU: 0x73,
  i8x16MinS: 0x76, i8x16MinU: 0x77, i8x16MaxS: 0x78, i8x16MaxU: 0x79, i8x16AvgrU: 0x7b,
  i16x8ExtaddU: 0x7d, i32x4ExtaddU: 0x7f,
  i16x8Abs: 0x80, i16x8Q15mulrSatS: 0x82, i16x8NarrowS: 0x85, i16x8NarrowU: 0x86, i16x8ExtendLowS: 0x87, i16x8ExtendLowU: 0x89,
  i16x8Shl: 0x8b, i16x8ShrS: 0x8c, i16x8ShrU: 0x8d, i16x8Add: 0x8e, i16x8AddSatS: 0x8f, i16x8AddSatU: 0x90,
  i16x8Sub: 0x91, i16x8SubSatS: 0x92, i16x8SubSatU: 0x93, i16x8Mul: 0x95,
  i16x8MinS: 0x96, i16x8MinU: 0x97, i16x8MaxS: 0x98, i16x8MaxU: 0x99, i16x8AvgrU: 0x9b,
  i32x4Abs: 0xa0, i32x4Bitmask: 0xa4, i32x4ExtendLowS: 0xa7, i32x4ExtendLowU: 0xa9, i32x4Shl: 0xab, i32x4ShrS: 0xac, i32x4ShrU: 0xad,
  i32x4Add: 0xae, i32x4Sub: 0xb1, i32x4Mul: 0xb5, i32x4MinS: 0xb6, i32x4MinU: 0xb7, i32x4MaxS: 0xb8, i32x4MaxU: 0xb9, i32x4DotS: 0xba,
  i32x4ExtmulLowS: 0xbc, i32x4ExtmulHighS: 0xbd, i32x4ExtmulLowU: 0xbe, i32x4ExtmulHighU: 0xbf,
  i64x2Bitmask: 0xc4, i64x2ExtendLowS: 0xc7, i64x2ExtendLowU: 0xc9, i64x2Shl: 0xcb, i64x2ShrS: 0xcc, i64x2ShrU: 0xcd,
  i64x2Add: 0xce, i64x2Sub: 0xd1, i64x2ExtmulLowS: 0xdc, i64x2ExtmulLowU: 0xde,
} as const;
export type VectorOpcode = Exclude<keyof typeof V, "const" | "shuffle" | "load" | "store">;

/** Pushes the 128 bits of a slot. */
export function push(e: Emit, field: "a" | "b" | "imm"): void {
  e.field(field).f.vectorAccess(V.load, e.layout.state, 4);
}

export function op(e: Emit, ...names: VectorOpcode[]): void {
  for (const name of names) e.f.vector(V[name]);
}

/** Stores what `value` pushes into slot d. */
export function result(e: Emit, value: () => void): void {
  e.field("d");
  value();
  e.f.vectorAccess(V.store, e.layout.state, 4);
}

function sixteen(e: Emit, opcode: number, bytes: readonly number[]): void {
  e.f.vector(opcode);
  for (const byte of bytes) e.f.code.byte(byte);
}

/** Pushes a constant of 16 bytes; fewer are repeated. */
export function constant(e: Emit, ...bytes: number[]): void {
  sixteen(
    e,
    V.const,
    Array.from({ length: 16 }, (_, i) => bytes[i % bytes.length]!),
  );
}

/** Picks bytes of the two vectors on the stack: 0–15 of the first, 16–31 of the second. */
export function shuffle(e: Emit, pick: (lane: number) => number): void {
  sixteen(
    e,
    V.shuffle,
    Array.from({ length: 16 }, (_, i) => pick(i)),
  );
}

/** Loads one lane of the vector on the stack; the address is below it. */
export function loadLane(e: Emit, opcode: "load16Lane" | "load32Lane" | "load64Lane", lane: number, offset = 0): void {
  e.f.vectorAccess(V[opcode], e.layout.state + offset, 0);
  e.f.code.byte(lane);
}
