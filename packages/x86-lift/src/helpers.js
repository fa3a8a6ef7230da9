import { simdHelpers } from "./helpers/simd.ts";
import { stringHelpers } from "./helpers/string.ts";
import { systemHelpers } from "./helpers/system.ts";
import { x87Helpers } from "./helpers/x87.ts";
/** All helpers; the number used in `helper` rows is the position in `helperNames`. */
export const helpers = { ...systemHelpers, ...stringHelpers, ...simdHelpers, ...x87Helpers };
export const helperNames = Object.freeze(Object.keys(helpers));
export const helperIndex = Object.freeze(Object.fromEntries(helperNames.map((name, index) => [name, index])));
