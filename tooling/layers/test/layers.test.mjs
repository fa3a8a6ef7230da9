import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { drawGraph, packageTable, readLayers, withoutRow } from "../layers.mjs";

let root;
afterEach(() => rmSync(root, { recursive: true, force: true }));

const layers = { floors: [["low", "low-too"], ["high"], ["app"]], sideways: [] };

/** A workspace of three libraries and an app; `files` replaces or adds. */
function workspace(files) {
  root = mkdtempSync(join(tmpdir(), "layers-"));
  const all = {
    "packages/low/package.json": "{}",
    "packages/low/src/index.ts": "export const low = 1;\n",
    "packages/low-too/package.json": "{}",
    "packages/low-too/src/index.ts": "export const lowToo = 1;\n",
    "packages/high/package.json": '{ "dependencies": { "low": "workspace:^" } }',
    "packages/high/src/index.ts": 'import { low } from "low";\nexport const high = low;\n',
    "apps/app/package.json": '{ "dependencies": { "high": "workspace:^" } }',
    "apps/app/src/bin.ts":
      'import { readFileSync } from "node:fs";\nimport { high } from "high";\nreadFileSync(String(high));\n',
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return readLayers(root, layers);
}

describe("[layers]", () => {
  it("passes edges that go down, and draws them", () => {
    const { edges, errors } = workspace({});
    expect(errors).toEqual([]);
    expect(edges).toEqual([
      ["app", "high"],
      ["high", "low"],
    ]);
    expect(drawGraph(layers, edges)).toContain("  high --> low\n");
  });

  it.each([
    [
      "an edge upwards",
      {
        "packages/low/package.json": '{ "dependencies": { "high": "workspace:^" } }',
        "packages/low/src/index.ts": 'export { high } from "high";\n',
      },
      "low (floor 0) may not import high (floor 1)",
    ],
    [
      "an edge sideways",
      {
        "packages/low/package.json": '{ "dependencies": { "low-too": "workspace:^" } }',
        "packages/low/src/index.ts": 'import "low-too";\n',
      },
      "low (floor 0) may not import low-too (floor 0)",
    ],
    [
      "an import that is not declared",
      { "packages/high/package.json": "{}" },
      "imports low, which package.json does not list",
    ],
    [
      "a dependency that nobody imports",
      { "packages/high/src/index.ts": "export const high = 1;\n" },
      "lists low, which no source imports",
    ],
    [
      "Node in a library",
      { "packages/low/src/index.ts": 'import { readFileSync } from "node:fs";\nreadFileSync("x");\n' },
      "node:fs in a library",
    ],
    [
      "the host's clock in a library",
      { "packages/low/src/index.ts": "export const now = () => Date.now();\n" },
      "Date.now in a library",
    ],
    [
      "the host's terminal in a library",
      { "packages/low/src/index.ts": 'export { a } from "./virtio-console.ts";\nconsole.log(1);\n' },
      "console.l in a library",
    ],
    [
      "a stranger in a library",
      { "packages/low/src/index.ts": 'import lodash from "lodash";\nlodash();\n' },
      "lodash is outside the workspace",
    ],
    [
      "a path into another package",
      {
        "packages/high/src/index.ts": 'import { low } from "low";\nimport { x } from "../../low/src/x.ts";\nx(low);\n',
      },
      "reaches into another package by path",
    ],
    [
      "a dynamic import upwards",
      { "packages/low/src/index.ts": 'export const f = () => import("high");\n' },
      "low (floor 0) may not import high (floor 1)",
    ],
    [
      "a package without a floor",
      { "packages/new/package.json": "{}", "packages/new/src/index.ts": "" },
      "new: no floor",
    ],
  ])("refuses %s", (_, files, message) => {
    expect(workspace(files).errors.join("\n")).toContain(message);
  });

  it("makes a table of all packages from their manifests, floor by floor", () => {
    workspace(
      Object.fromEntries(
        ["packages/low", "packages/low-too", "packages/high", "apps/app"].map((path) => [
          `${path}/package.json`,
          `{ "description": "About ${path}." }`,
        ]),
      ),
    );
    expect(packageTable(root, layers).split("\n").slice(2)).toEqual([
      "| [`low`](packages/low) | About packages/low. |",
      "| [`low-too`](packages/low-too) | About packages/low-too. |",
      "| [`high`](packages/high) | About packages/high. |",
      "| [`app`](apps/app) | About apps/app. |",
    ]);
  });

  it("finds packages without a row in the table of owners", () => {
    expect(withoutRow("| `low` | x |\n| `high` | x |\nlow-too and `app`\n", layers)).toEqual(["low-too", "app"]);
  });
});
