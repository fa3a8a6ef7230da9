/**
 * forms.txt: the lifted forms without vectors, and the guests (test/system) and tests that carry each of them out on both tiers:
 * `form: name name …`. They check what the list says of them; with FORM_LIST=1 they write it anew instead:
 * `FORM_LIST=1 npx vitest run --no-file-parallelism test/system test/system-forms.test.ts`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { formIds } from "x86-decode/forms";
import { allForms } from "./forms.ts";

const file = new URL("forms.txt", import.meta.url);

/** By the form's name. */
export const readFormList = (): ReadonlyMap<string, readonly string[]> =>
  new Map(
    readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const [id, names] = line.split(": ") as [string, string];
        return [id, names.split(" ")];
      }),
  );

/** What the list says of one guest or test that `executed` does not bear out. */
export function falseClaims(name: string, executed: ReadonlySet<number>): readonly string[] {
  if (process.env["FORM_LIST"] !== undefined) rewriteClaims(name, executed);
  const ids: ReadonlySet<string> = new Set([...executed].map((form) => formIds[form]!));
  return [...readFormList()].filter(([id, names]) => names.includes(name) && !ids.has(id)).map(([id]) => id);
}

function rewriteClaims(name: string, executed: ReadonlySet<number>): void {
  const old = readFormList();
  const lines = [...allForms().excluded.keys()]
    .sort((a, b) => a - b)
    .flatMap((form) => {
      const id = formIds[form]!;
      const names = (old.get(id) ?? []).filter((other) => other !== name);
      if (executed.has(form)) names.push(name);
      return names.length > 0 ? [`${id}: ${names.sort().join(" ")}\n`] : [];
    });
  writeFileSync(file, lines.join(""));
}
