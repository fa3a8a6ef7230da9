/** Helpers of x87 instructions. */
import type { HelperName } from "x86-lift";
import type { Helper } from "../../helper.ts";
import { control } from "./control.ts";
import { environment } from "./environment.ts";
import { loads } from "./load.ts";
import { operates } from "./operate.ts";
import { stores } from "./store.ts";
import { unary } from "./unary.ts";

export const x87Helpers = {
  ...control,
  ...environment,
  ...loads,
  ...operates,
  ...stores,
  ...unary,
} as const satisfies { readonly [N in HelperName]?: Helper };
