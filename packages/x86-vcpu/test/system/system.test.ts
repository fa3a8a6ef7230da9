/**
 * The guests in this folder print what the tables in their head comments say, on both tiers. `others.mjs` asks QEMU
 * and Bochs the same. SYSTEM_TABLES=name,… writes the tables anew instead, to be read through with the manual open.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { falseClaims } from "../vectors/form-list.ts";
import { assemble, readTable, runGuest } from "./guest.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".asm"))
  .map((file) => file.slice(0, -4));
const rewritten = (process.env["SYSTEM_TABLES"] ?? "").split(",");

function writeTable(name: string, lines: readonly string[]): void {
  const file = `${folder}${name}.asm`;
  const [head, ...rest] = readFileSync(file, "utf8").split("\n%include");
  const kept = head!.split("\n").filter((line) => !/^; {3}\S.* -> |^;$/.test(line));
  const rows = lines.map((line) => `;   ${line.replace(/: (?!.*: )/, " -> ")}`);
  writeFileSync(file, [[...kept, ";", ...rows].join("\n"), ...rest].join("\n%include"));
}

describe("[x86-vcpu] system guests", () => {
  for (const name of names) {
    const image = assemble(name);
    for (const tier of [0, 1] as const) {
      test(`${name}, tier ${tier}`, () => {
        const executed = new Set<number>();
        const { lines, end } = runGuest(image, tier, tier === 0 ? (form) => executed.add(form) : undefined);
        expect(end).toBe("done");
        if (tier === 0) expect(falseClaims(name, executed)).toEqual([]);
        if (rewritten.includes(name)) writeTable(name, lines);
        const table = readTable(name);
        expect(table.length).toBeGreaterThan(20);
        expect(lines).toEqual(table);
      });
    }
  }
});
