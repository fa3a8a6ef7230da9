/**
 * Comparisons, predicates, minimum and maximum.
 *
 * Sources: Intel SDM vol. 2 CMPPD table 3-1 (predicates), COMISD, UCOMISD, MINPD, MAXPD.
 */
import { type FloatContext, FloatFlag } from "../context.ts";
import { compareParts, isNan, Kind } from "../core/parts.ts";
import { unpackF32, unpackF64 } from "../core/small-formats.ts";

/** ZF, PF and CF at their RFLAGS positions, as COMISS and UCOMISS set them. */
export const CompareFlags = { greater: 0x00, less: 0x01, equal: 0x40, unordered: 0x45 } as const;

/** Compares `x` and `y` of the scratch. `quiet`: only SNaNs are invalid. 2 stands for unordered. */
function relate(ctx: FloatContext, quiet: boolean): -1 | 0 | 1 | 2 {
  const { x, y } = ctx.scratch;
  if (isNan(x) || isNan(y)) {
    if (!quiet || x.kind === Kind.signallingNan || y.kind === Kind.signallingNan) ctx.flags |= FloatFlag.IE;
    return 2;
  }
  if (x.denormal || y.denormal) ctx.flags |= FloatFlag.DE;
  return compareParts(x, y) as -1 | 0 | 1;
}

function relateF32(ctx: FloatContext, a: number, b: number, quiet: boolean): -1 | 0 | 1 | 2 {
  unpackF32(ctx.scratch.x, a, ctx.daz);
  unpackF32(ctx.scratch.y, b, ctx.daz);
  return relate(ctx, quiet);
}

function relateF64(ctx: FloatContext, a: bigint, b: bigint, quiet: boolean): -1 | 0 | 1 | 2 {
  unpackF64(ctx, ctx.scratch.x, a, ctx.daz);
  unpackF64(ctx, ctx.scratch.y, b, ctx.daz);
  return relate(ctx, quiet);
}

function toFlags(relation: number): number {
  return relation === 2
    ? CompareFlags.unordered
    : relation === 0
      ? CompareFlags.equal
      : relation < 0
        ? CompareFlags.less
        : 0;
}

/** COMISS (`quiet` false) and UCOMISS (`quiet` true): ZF, PF and CF at their RFLAGS positions. */
export function f32Compare(ctx: FloatContext, a: number, b: number, quiet: boolean): number {
  return toFlags(relateF32(ctx, a, b, quiet));
}

/** COMISD (`quiet` false) and UCOMISD (`quiet` true): ZF, PF and CF at their RFLAGS positions. */
export function f64Compare(ctx: FloatContext, a: bigint, b: bigint, quiet: boolean): number {
  return toFlags(relateF64(ctx, a, b, quiet));
}

// Relations a predicate accepts: 1 less, 2 equal, 4 greater, 8 unordered; 16: only SNaNs are invalid.
const PREDICATES = [
  0b1_0010, 0b0_0001, 0b0_0011, 0b1_1000, 0b1_1101, 0b0_1110, 0b0_1100, 0b1_0111, 0b1_1010, 0b0_1001, 0b0_1011,
  0b1_0000, 0b1_0101, 0b0_0110, 0b0_0100, 0b1_1111, 0b0_0010, 0b1_0001, 0b1_0011, 0b0_1000, 0b0_1101, 0b1_1110,
  0b1_1100, 0b0_0111, 0b0_1010, 0b1_1001, 0b1_1011, 0b0_0000, 0b0_0101, 0b1_0110, 0b1_0100, 0b0_1111,
] as const;

function accepts(predicate: number, relation: number): boolean {
  return ((predicate >>> (relation === 2 ? 3 : relation + 1)) & 1) !== 0;
}

/** CMPSS and VCMPSS: whether `predicate` (the immediate, low 5 bits; SSE uses 0–7) holds. True stands for all ones. */
export function f32Predicate(ctx: FloatContext, predicate: number, a: number, b: number): boolean {
  const row = PREDICATES[predicate & 31]!;
  return accepts(row, relateF32(ctx, a, b, (row & 16) !== 0));
}

/** CMPSD and VCMPSD: as {@link f32Predicate}. */
export function f64Predicate(ctx: FloatContext, predicate: number, a: bigint, b: bigint): boolean {
  const row = PREDICATES[predicate & 31]!;
  return accepts(row, relateF64(ctx, a, b, (row & 16) !== 0));
}

/** MINSS: the second operand if either is a NaN (IE, even if quiet) or both are zeros. DAZ flushes what is returned. */
export function f32Min(ctx: FloatContext, a: number, b: number): number {
  return flushF32(ctx, relateF32(ctx, a, b, false) === -1 ? a : b);
}

/** MAXSS: see {@link f32Min}. */
export function f32Max(ctx: FloatContext, a: number, b: number): number {
  return flushF32(ctx, relateF32(ctx, a, b, false) === 1 ? a : b);
}

/** MINSD: see {@link f32Min}. */
export function f64Min(ctx: FloatContext, a: bigint, b: bigint): bigint {
  return flushF64(ctx, relateF64(ctx, a, b, false) === -1 ? a : b);
}

/** MAXSD: see {@link f32Min}. */
export function f64Max(ctx: FloatContext, a: bigint, b: bigint): bigint {
  return flushF64(ctx, relateF64(ctx, a, b, false) === 1 ? a : b);
}

function flushF32(ctx: FloatContext, bits: number): number {
  return ctx.daz && (bits & 0x7f80_0000) === 0 ? (bits & 0x8000_0000) >>> 0 : bits;
}

function flushF64(ctx: FloatContext, bits: bigint): bigint {
  return ctx.daz && (bits & 0x7ff0_0000_0000_0000n) === 0n ? bits & 0x8000_0000_0000_0000n : bits;
}
