/** What a host made of the cases, and the line format in which the guest image says so (TAP 14). */
import type { RegisterName } from "./case.ts";

export type Verdict = "pass" | "fail" | "skip";

export interface CaseResult {
  readonly id: string;
  readonly verdict: Verdict;
  /** Why it failed: step (from 1), what was found, what was expected. Empty otherwise. */
  readonly detail: string;
}

export interface SuiteResults {
  readonly results: readonly CaseResult[];
  /** False if a guest stopped before it had run every case. */
  readonly complete: boolean;
}

const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, "0");

/** `step 2 eax 00000006 want 564d0006/ffffffff+0`: found; base, mask and span of the check, `!` in front if it must not hold. */
export const registerDetail = (
  step: number,
  register: RegisterName,
  actual: number,
  check: { readonly base: number; readonly mask: number; readonly span: number; readonly not: boolean },
): string =>
  `step ${step} ${register} ${hex(actual)} want ${check.not ? "!" : ""}${hex(check.base)}/${hex(check.mask)}+${hex(check.span)}`;

/** Vector, plus 0x80 if it came with an error code other than 0. */
export const faultDetail = (step: number, actual: number | undefined, expected: number | undefined): string =>
  `step ${step} fault ${faultName(actual)} want ${faultName(expected)}`;
const faultName = (vector: number | undefined): string =>
  vector === undefined ? "none" : vector.toString(16).padStart(2, "0");

export const dataDetail = (step: number, offset: number): string => `step ${step} data differs at ${hex(offset)}`;

export function formatResults(results: readonly CaseResult[]): string {
  const lines = results.map(({ id, verdict, detail }, index) => {
    const note = verdict === "skip" ? " # SKIP host cannot do it" : verdict === "fail" ? ` # ${detail}` : "";
    return `${verdict === "fail" ? "not ok" : "ok"} ${index + 1} - ${id}${note}`;
  });
  return `TAP version 14\n1..${results.length}\n${lines.join("\n")}\n# done\n`;
}

/**
 * Reads what the guest image printed. Lines of others in between (firmware, consoles) are ignored; a serial port's carriage returns and
 * a line begun by somebody else's text, too. Numbers must follow one another from 1, as a lost line must not go unseen.
 * @throws {RangeError} naming the line where the numbers break
 */
export function parseResults(text: string): SuiteResults {
  const results: CaseResult[] = [];
  let planned: number | undefined;
  let done = false;
  for (const line of text.split(/\r?\n|\r/)) {
    const plan = /^1\.\.(\d+)$/.exec(line);
    if (plan) planned = Number(plan[1]);
    if (line.startsWith("# done")) done = true;
    const found = /(not ok|ok) (\d+) - (\S+)(?: # (.*))?$/.exec(line);
    if (!found) continue;
    const [, word, number, id = "", note = ""] = found;
    if (Number(number) !== results.length + 1)
      throw new RangeError(`result ${number} (${id}) follows result ${results.length}: a line is missing`);
    const skip = note.startsWith("SKIP");
    results.push({
      id,
      verdict: skip ? "skip" : word === "ok" ? "pass" : "fail",
      detail: word === "ok" ? "" : note,
    });
  }
  return { results, complete: done && planned === results.length };
}
