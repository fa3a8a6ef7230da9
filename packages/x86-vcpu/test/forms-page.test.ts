import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { formIds } from "x86-decode/forms";
import { readFormList } from "./vectors/form-list.ts";
import { allForms, bitnesses } from "./vectors/forms.ts";
import { formsPage, recordedCases, withDisagreements } from "./vectors/forms-page.ts";

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), "utf8");
const regenerate = "run `node scripts/run.mjs test/vectors/document.ts`";

test("docs/forms.md is what the forms and vectors say", () => {
  expect(read("../docs/forms.md") === formsPage(), regenerate).toBe(true);
});

test("a guest or a test carries out every form without vectors", () => {
  const list = readFormList();
  expect([...allForms().excluded.keys()].map((form) => formIds[form]!).filter((id) => !list.has(id))).toEqual([]);
});

test("the table of disagreements is what the code applies", () => {
  expect(read("vectors/README.md") === withDisagreements(read("vectors/README.md")), regenerate).toBe(true);
});

test("every form has its 200 cases, in every mode some", () => {
  const counts = recordedCases();
  const short = allForms().forms.flatMap((form) =>
    bitnesses
      .filter((b) => form.encodings.has(b))
      .map((bitness, n) => ({
        id: form.id,
        bitness,
        have: counts.get(form.id)?.get(bitness) ?? 0,
        wanted: n === 0 ? 200 : 50,
      }))
      .filter(({ have, wanted }) => have < wanted),
  );
  expect(short).toEqual([]);
});
