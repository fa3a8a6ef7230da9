/** Writes docs/forms.md and README.md's table: `node scripts/run.mjs test/vectors/document.ts`. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { formsPage, withDisagreements } from "./forms-page.ts";

export function main(): void {
  const docs = new URL("../../docs/", import.meta.url);
  mkdirSync(docs, { recursive: true });
  writeFileSync(new URL("forms.md", docs), formsPage());
  const readme = new URL("README.md", import.meta.url);
  writeFileSync(readme, withDisagreements(readFileSync(readme, "utf8")));
}
