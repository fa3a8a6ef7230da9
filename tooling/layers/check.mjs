// `node tooling/layers/check.mjs [--write]`: fails on a wrong edge or a stale graph in ARCHITECTURE.md.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { drawGraph, readLayers } from "./layers.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const layers = JSON.parse(readFileSync(join(root, "tooling/layers/layers.json"), "utf8"));
const { edges, errors } = readLayers(root, layers);
const page = join(root, "ARCHITECTURE.md");
const text = readFileSync(page, "utf8");
const section = /(<!-- graph:begin -->\n)[\s\S]*?(<!-- graph:end -->)/;
const wanted = text.replace(section, `$1${drawGraph(layers, edges)}\n$2`);
if (!section.test(text))
  errors.push("ARCHITECTURE.md: the markers <!-- graph:begin --> and <!-- graph:end --> are missing");
else if (process.argv.includes("--write")) writeFileSync(page, wanted);
else if (wanted !== text)
  errors.push("ARCHITECTURE.md: the graph is stale; run `node tooling/layers/check.mjs --write`");
for (const error of errors) console.error(error);
if (errors.length) process.exit(1);
console.log(`${edges.length} edges between ${layers.floors.flat().length} packages, all downwards`);
