/** All helpers of x86-lift that this processor implements. */
import { type HelperName, helperNames } from "x86-lift";
import type { Helper } from "../helper.ts";
import { accessRightsHelpers } from "./access-rights.ts";
import { arithmeticHelpers } from "./arithmetic.ts";
import { controlHelpers } from "./control.ts";
import { extendedStateHelpers } from "./extended-state.ts";
import { farHelpers } from "./far.ts";
import { flagHelpers } from "./flags.ts";
import { interruptHelpers } from "./interrupt.ts";
import { ioHelpers } from "./io.ts";
import { randomHelpers } from "./random.ts";
import { segmentHelpers } from "./segments.ts";
import { simdHelpers } from "./simd/index.ts";
import { compareStringHelpers } from "./string/compare.ts";
import { moveStringHelpers } from "./string/move.ts";
import { x87Helpers } from "./x87/index.ts";

const byName: { readonly [K in HelperName]?: Helper } = {
  ...accessRightsHelpers,
  ...arithmeticHelpers,
  ...controlHelpers,
  ...extendedStateHelpers,
  ...farHelpers,
  ...flagHelpers,
  ...interruptHelpers,
  ...ioHelpers,
  ...randomHelpers,
  ...segmentHelpers,
  ...simdHelpers,
  ...compareStringHelpers,
  ...moveStringHelpers,
  ...x87Helpers,
};

/** By the number that `helper` rows carry. Undefined: not implemented. */
export const helperTable: readonly (Helper | undefined)[] = helperNames.map((name) => byName[name]);
