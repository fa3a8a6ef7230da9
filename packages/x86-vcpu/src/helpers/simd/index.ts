/** Helpers of SSE and MMX instructions. */
import type { HelperName } from "x86-lift";
import type { Helper } from "../../helper.ts";
import { aes } from "./aes.ts";
import { approximate } from "./approximate.ts";
import { arithmetic } from "./arithmetic.ts";
import { clmul } from "./clmul.ts";
import { compare } from "./compare.ts";
import { convert } from "./convert.ts";
import { horizontal } from "./horizontal.ts";
import { mmx } from "./mmx.ts";
import { sha } from "./sha.ts";
import { strings } from "./strings.ts";

export const simdHelpers = {
  ...aes,
  ...approximate,
  ...arithmetic,
  ...clmul,
  ...compare,
  ...convert,
  ...horizontal,
  ...mmx,
  ...sha,
  ...strings,
} as const satisfies { readonly [N in HelperName]?: Helper };
