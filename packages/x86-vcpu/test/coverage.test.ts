/** docs/coverage.md names tests: they exist. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readTable } from "./system/guest.ts";

const root = new URL("../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const files = ["test", "src"].flatMap((folder) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(test\.ts|asm)$/.test(path))
    .map((path) => `${folder}/${path.replaceAll("\\", "/")}`),
);
const fileOf = (name: string): string | undefined => files.find((path) => path.endsWith(`/${name}`));

/** Undefined: the reference is good. */
function missing(reference: string): string | undefined {
  const [, name, title] = /^([^:]+): (.+)$/.exec(reference) ?? [];
  if (name === undefined || title === undefined) return "neither guest nor file";
  const isGuest = !name.endsWith(".ts");
  const file = fileOf(isGuest ? `${name}.asm` : name);
  if (file === undefined) return "no such file";
  const found = isGuest ? readTable(name).some((row) => row.startsWith(`${title}: `)) : read(file).includes(title);
  return found ? undefined : `${file} has no such test`;
}

test("every test that docs/coverage.md names exists", () => {
  const rows = read("docs/coverage.md")
    .split("\n")
    .filter((line) => /^\| .* \|$/.test(line) && !line.startsWith("| item"));
  expect(rows.length).toBeGreaterThan(80);
  const wrong = rows.flatMap((row) => {
    const references = [
      ...row
        .split(" | ")
        .at(-1)!
        .matchAll(/`([^`]+)`/g),
    ].map(([, text]) => text!);
    if (references.length === 0) return [`${row}: no test`];
    return references.flatMap((text) => missing(text) ?? []).map((why) => `${row}: ${why}`);
  });
  expect(wrong).toEqual([]);
});

test("one that does not exist is noticed", () => {
  expect(missing("segments: lar: null")).toBeUndefined();
  expect(missing("segments: lar: nul")).toBeDefined();
  expect(missing("no-such-file.test.ts: lar")).toBeDefined();
  expect(missing("lar")).toBeDefined();
});
