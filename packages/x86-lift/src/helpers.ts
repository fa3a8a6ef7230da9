import { simdHelpers } from "./helpers/simd.ts";
import { stringHelpers } from "./helpers/string.ts";
import { systemHelpers } from "./helpers/system.ts";
import { x87Helpers } from "./helpers/x87.ts";
import type { IrWidth } from "./ir.ts";

/** What a semantics function may assume of a helper, and an engine must provide. */
export interface HelperSpec {
  /** Widths of the value operands a, b, c, in this order (at most three). */
  readonly args: readonly IrWidth[];
  /** Width of the result; 0 for none. */
  readonly result: IrWidth;
  /** May it raise an exception or leave to the hypervisor? A false promise lets engines keep flags and counts lazy. */
  readonly faults: boolean;
  /** What lo and hi mean, and what it does; the source of the fact. */
  readonly doc: string;
}

/** All helpers; the number used in `helper` rows is the position in `helperNames`. */
export const helpers = { ...systemHelpers, ...stringHelpers, ...simdHelpers, ...x87Helpers } as const;
export type HelperName = keyof typeof helpers;
export const helperNames: readonly HelperName[] = Object.freeze(Object.keys(helpers)) as readonly HelperName[];
export const helperIndex: { readonly [K in HelperName]: number } = Object.freeze(
  Object.fromEntries(helperNames.map((name, index) => [name, index])),
) as { readonly [K in HelperName]: number };
