// Who may import whom: floors from layers.json, edges from the sources themselves.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^"';]*?from\s*"([^"]+)"|(?:^|\n)\s*import\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/g;

/** What would let the host's time, chance or terminal into a library. */
const HOST_STATE =
  /\bDate\.now\b|\bnew Date\b|\bMath\.random\b|\b(?:setTimeout|setInterval|queueMicrotask)\(|\bperformance\.now\b|(?<![\w/-])console\.\w/;

function* sources(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts")) yield path;
  }
}

/** The package's folder: packages/NAME or apps/NAME. */
const folderOf = (root, name) =>
  ["packages", "apps"].map((group) => join(root, group, name)).find((path) => existsSync(path));

/**
 * Reads every import of every package and judges it.
 * @returns {{ edges: [string, string][], errors: string[] }} errors name file and edge
 */
export function readLayers(root, layers) {
  const floorOf = new Map(layers.floors.flatMap((names, floor) => names.map((name) => [name, floor])));
  const sideways = new Set(layers.sideways.map(([from, to]) => `${from} ${to}`));
  const errors = [];
  const edges = new Set();
  const present = ["packages", "apps"].flatMap((group) =>
    existsSync(join(root, group)) ? readdirSync(join(root, group)) : [],
  );
  for (const name of present) if (!floorOf.has(name)) errors.push(`${name}: no floor in tooling/layers/layers.json`);
  for (const name of floorOf.keys()) {
    const folder = folderOf(root, name);
    if (!folder) {
      errors.push(`${name}: has a floor in tooling/layers/layers.json, but no folder`);
      continue;
    }
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const isApp = folder === join(root, "apps", name);
    // An app is published as one bundle: what it imports is needed to build it, and by nobody who installs it.
    const declared = new Set(Object.keys({ ...manifest.dependencies, ...(isApp ? manifest.devDependencies : {}) }));
    const used = new Set();
    for (const file of sources(join(folder, "src"))) {
      const where = relative(root, file);
      const text = readFileSync(file, "utf8");
      const host = isApp ? null : HOST_STATE.exec(text);
      if (host) errors.push(`${where}: ${host[0]} in a library; a run must not depend on the host`);
      for (const match of text.matchAll(IMPORT)) {
        const specifier = match[1] ?? match[2] ?? match[3];
        if (specifier.startsWith(".")) {
          if (relative(folder, join(file, "..", specifier)).startsWith(".."))
            errors.push(`${where}: reaches into another package by path: ${specifier}`);
          continue;
        }
        if (specifier.startsWith("node:")) {
          if (!isApp) errors.push(`${where}: ${specifier} in a library; libraries run in a browser too`);
          continue;
        }
        const target = specifier
          .split("/")
          .slice(0, specifier.startsWith("@") ? 2 : 1)
          .join("/");
        if (target === name) continue;
        if (!floorOf.has(target)) {
          if (!isApp) errors.push(`${where}: ${specifier} is outside the workspace`);
          continue;
        }
        used.add(target);
        edges.add(`${name} ${target}`);
        if (!declared.has(target)) errors.push(`${where}: imports ${target}, which package.json does not list`);
        if (floorOf.get(target) >= floorOf.get(name) && !sideways.has(`${name} ${target}`))
          errors.push(
            `${where}: ${name} (floor ${floorOf.get(name)}) may not import ${target} (floor ${floorOf.get(target)})`,
          );
      }
    }
    for (const dependency of declared)
      if (floorOf.has(dependency) && !used.has(dependency))
        errors.push(`${relative(root, folder)}/package.json: lists ${dependency}, which no source imports`);
      else if (!floorOf.has(dependency) && !isApp)
        errors.push(`${relative(root, folder)}/package.json: ${dependency} is outside the workspace`);
  }
  return { edges: [...edges].sort().map((edge) => edge.split(" ")), errors };
}

/** The graph as a mermaid block, floors as subgraphs. */
export function drawGraph(layers, edges) {
  const id = (name) => name.replaceAll("-", "_");
  const lines = ["```mermaid", "flowchart BT"];
  layers.floors.forEach((names, floor) => {
    lines.push(`  subgraph floor${floor}["floor ${floor}${floor === layers.floors.length - 1 ? ": apps" : ""}"]`);
    for (const name of [...names].sort()) lines.push(`    ${id(name)}["${name}"]`);
    lines.push("  end");
  });
  for (const [from, to] of edges) lines.push(`  ${id(from)} --> ${id(to)}`);
  lines.push("```");
  return lines.join("\n");
}

/** The packages as a table for README.md: name and description, as each package.json has them. */
export function packageTable(root, layers) {
  const row = (name) => {
    const folder = folderOf(root, name);
    const { description } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return `| [\`${name}\`](${relative(root, folder)}) | ${description} |`;
  };
  return [
    "| package | what it is |",
    "|---|---|",
    ...layers.floors.flatMap((names) => [...names].sort().map(row)),
  ].join("\n");
}

/** Packages without a row of their own in the page's matrix of who owns what. */
export const withoutRow = (page, layers) => layers.floors.flat().filter((name) => !page.includes(`| \`${name}\` |`));
