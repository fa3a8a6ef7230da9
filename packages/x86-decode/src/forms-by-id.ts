/** Identifiers of forms, for tables keyed by form: a misspelt `FormId` does not compile. */
import { formIds as ids } from "./form-ids.gen.ts";

/** `"in_eax_dx"`, `"vaddps_xmm1_xmm2_xmm3_m128"` …: the row's instruction column, with its opcode where that is not unique. */
export type FormId = (typeof ids)[number];

/** Identifiers by `Instruction.form`; 0 is `"invalid"`. */
export const formIds: readonly FormId[] = ids;

/** Number of a form. */
export const formNumber = (id: FormId): number => ids.indexOf(id);
