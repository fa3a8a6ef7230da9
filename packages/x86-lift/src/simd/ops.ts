/** One lane-wise vector operation: pure, MXCSR-free. The number in `simd` rows is its position in `simdOpNames`. */
export interface SimdOpSpec {
  /** Widths of a, b, c. */
  readonly args: readonly (1 | 8 | 16 | 32 | 64 | 128)[];
  readonly result: 32 | 64 | 128;
  /** What it computes; lo is an immediate where named. */
  readonly doc: string;
}

export const simdOps = {
  and: { args: [128, 128], result: 128, doc: "a & b" },
} as const satisfies Record<string, SimdOpSpec>;

export type SimdOpName = keyof typeof simdOps;
export const simdOpNames: readonly SimdOpName[] = Object.freeze(Object.keys(simdOps)) as readonly SimdOpName[];
export const simdOpIndex: { readonly [K in SimdOpName]: number } = Object.freeze(
  Object.fromEntries(simdOpNames.map((name, index) => [name, index])),
) as { readonly [K in SimdOpName]: number };
