/** Every form, family by family. The order decides the numbers that the generator gives. */
import { now3dForms } from "./3dnow.ts";
import { amxForms } from "./amx.ts";
import { arithmeticForms } from "./arithmetic.ts";
import { avxForms } from "./avx.ts";
import { avxExtensionsForms } from "./avx-extensions.ts";
import { avx2Forms } from "./avx2.ts";
import { avx512BwForms } from "./avx512-bw.ts";
import { avx512DqForms } from "./avx512-dq.ts";
import { avx512ExtensionsForms } from "./avx512-extensions.ts";
import { avx512FForms } from "./avx512-f.ts";
import { avx512FmaForms } from "./avx512-fma.ts";
import { avx512Fp16Forms } from "./avx512-fp16.ts";
import { avx512OpmaskForms } from "./avx512-opmask.ts";
import { bitForms } from "./bit.ts";
import { bmiForms } from "./bmi.ts";
import { cetForms } from "./cet.ts";
import { conditionalForms } from "./conditional.ts";
import { controlForms } from "./control.ts";
import { cryptoForms } from "./crypto.ts";
import { flagsForms } from "./flags.ts";
import { fmaForms } from "./fma.ts";
import { fma4Forms } from "./fma4.ts";
import { hintForms } from "./hint.ts";
import { ioForms } from "./io.ts";
import { kncForms } from "./knc.ts";
import { logicForms } from "./logic.ts";
import { lwpForms } from "./lwp.ts";
import { mmxForms } from "./mmx.ts";
import { mpxForms } from "./mpx.ts";
import type { FormRow } from "./row.ts";
import { shiftForms } from "./shift.ts";
import { sseForms } from "./sse.ts";
import { sse2Forms } from "./sse2.ts";
import { sse3Sse4Forms } from "./sse3-sse4.ts";
import { sse4aForms } from "./sse4a.ts";
import { stackForms } from "./stack.ts";
import { stringForms } from "./string.ts";
import { svmForms } from "./svm.ts";
import { systemForms } from "./system.ts";
import { tbmForms } from "./tbm.ts";
import { transferForms } from "./transfer.ts";
import { trustedForms } from "./trusted.ts";
import { vendorForms } from "./vendor.ts";
import { vmxForms } from "./vmx.ts";
import { x87Forms } from "./x87.ts";
import { xopForms } from "./xop.ts";

export const allForms: readonly (readonly [family: string, rows: readonly FormRow[]])[] = [
  ["3dnow", now3dForms],
  ["amx", amxForms],
  ["arithmetic", arithmeticForms],
  ["avx", avxForms],
  ["avx-extensions", avxExtensionsForms],
  ["avx2", avx2Forms],
  ["avx512-bw", avx512BwForms],
  ["avx512-dq", avx512DqForms],
  ["avx512-extensions", avx512ExtensionsForms],
  ["avx512-f", avx512FForms],
  ["avx512-fma", avx512FmaForms],
  ["avx512-fp16", avx512Fp16Forms],
  ["avx512-opmask", avx512OpmaskForms],
  ["bit", bitForms],
  ["bmi", bmiForms],
  ["cet", cetForms],
  ["conditional", conditionalForms],
  ["control", controlForms],
  ["crypto", cryptoForms],
  ["flags", flagsForms],
  ["fma", fmaForms],
  ["fma4", fma4Forms],
  ["hint", hintForms],
  ["io", ioForms],
  ["knc", kncForms],
  ["logic", logicForms],
  ["lwp", lwpForms],
  ["mmx", mmxForms],
  ["mpx", mpxForms],
  ["shift", shiftForms],
  ["sse", sseForms],
  ["sse2", sse2Forms],
  ["sse3-sse4", sse3Sse4Forms],
  ["sse4a", sse4aForms],
  ["stack", stackForms],
  ["string", stringForms],
  ["svm", svmForms],
  ["system", systemForms],
  ["tbm", tbmForms],
  ["transfer", transferForms],
  ["trusted", trustedForms],
  ["vendor", vendorForms],
  ["vmx", vmxForms],
  ["x87", x87Forms],
  ["xop", xopForms],
];
