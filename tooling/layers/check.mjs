// `node tooling/layers/check.mjs [--write]`: fails on a wrong edge, on a stale graph in ARCHITECTURE.md or table in README.md.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { drawGraph, packageTable, readLayers, withoutRow } from "./layers.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const layers = JSON.parse(readFileSync(join(root, "tooling/layers/layers.json"), "utf8"));
const { edges, errors } = readLayers(root, layers);

/** Compares, or writes, what stands between the two markers of a page. */
function checkSection(file, name, wanted) {
  const page = join(root, file);
  const text = readFileSync(page, "utf8");
  const section = new RegExp(`(<!-- ${name}:begin -->\\n)[\\s\\S]*?(<!-- ${name}:end -->)`);
  if (!section.test(text)) {
    errors.push(`${file}: the markers <!-- ${name}:begin --> and <!-- ${name}:end --> are missing`);
    return;
  }
  const next = text.replace(section, (_, begin, end) => `${begin}${wanted}\n${end}`);
  if (next === text) return;
  if (process.argv.includes("--write")) writeFileSync(page, next);
  else
    errors.push(
      `${file}: what stands between the ${name} markers is stale; run \`node tooling/layers/check.mjs --write\``,
    );
}

checkSection("ARCHITECTURE.md", "graph", drawGraph(layers, edges));
checkSection("README.md", "packages", packageTable(root, layers));
for (const name of withoutRow(readFileSync(join(root, "ARCHITECTURE.md"), "utf8"), layers))
  errors.push(`ARCHITECTURE.md: no row in the table of owners for ${name}`);
for (const error of errors) console.error(error);
if (errors.length) process.exit(1);
console.log(`${edges.length} edges between ${layers.floors.flat().length} packages, all downwards`);
