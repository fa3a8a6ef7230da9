/** What is generated is what is committed; `node scripts/gen.mjs` renews it. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
// @ts-expect-error: plain JavaScript
import { castRows, castSvg } from "../scripts/cast-picture.mjs";
// @ts-expect-error: plain JavaScript
import { pictures, replaceBlock } from "../scripts/gen.mjs";
import { Cast } from "../src/cli/cast.ts";
import { settingsTables } from "../src/cli/settings-tables.ts";

const app = join(dirname(fileURLToPath(import.meta.url)), "..");
const docs = join(app, "..", "..", "docs");
const HINT = "run `node scripts/gen.mjs`";

describe("[generated]", () => {
  it("README.md has the tables of the settings", () => {
    const text = readFileSync(join(app, "README.md"), "utf8");
    let wanted = text;
    for (const [name, table] of Object.entries(settingsTables())) wanted = replaceBlock(wanted, name, table);
    expect(text, HINT).toBe(wanted);
    expect(text).toContain("| `memory` | `--memory MIB` ¹ | `-m` | 1–3072 MiB |");
  });

  it.each(Object.entries(pictures as Record<string, string>))(
    "docs/%s.svg is its recording's picture",
    (name, title) => {
      const picture = readFileSync(join(docs, `${name}.svg`), "utf8");
      expect(picture === castSvg(readFileSync(join(docs, `${name}.cast`), "utf8"), title), HINT).toBe(true);
      expect(picture.length).toBeLessThan(150_000);
      expect(picture).toContain("Hypervisor detected: VMware");
      expect(picture).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
    },
  );
});

const cast = (...events: readonly (readonly [number, string])[]): string =>
  [
    JSON.stringify({ version: 2, width: 100, height: 30, title: "t" }),
    ...events.map(([at, text]) => JSON.stringify([at, "o", text])),
  ].join("\n");
const texts = (...events: readonly (readonly [number, string])[]): string[] =>
  castRows(cast(...events)).rows.map(({ text }: { text: string }) => text);

describe("[recordings] as rows of a terminal", () => {
  it.each([
    ["lines across events", ["a", "b\r\nc\r\n"], ["ab", "c"]],
    ["a line written over", ["10%\r20%\r\n"], ["20%"]],
    ["backspace", ["abc\b\bX\n"], ["aXc"]],
    ["tabs of eight", ["a\tb\n"], ["a       b"]],
    ["colours and cursor movements left out", ["\x1b[1;31mred\x1b[0m\x1b[2K\n"], ["red"]],
    ["wrapping at 100", ["x".repeat(101)], ["x".repeat(100), "x"]],
    ["markup is text", ["<script>&\n"], ["<script>&"]],
  ])("%s", (_, events, rows) => {
    expect(texts(...events.map((text, at) => [at, text] as const))).toEqual(rows);
  });

  it("a picture of hostile text is still a picture of text", () => {
    const svg = castSvg(cast([0, '</text><script>alert(1)</script>"\n']), '"><script>');
    expect(svg).not.toContain("<script");
    expect(svg).toContain("&lt;/text&gt;&lt;script&gt;");
  });

  it("asks for asciicast v2", () => {
    expect(() => castRows('{"version":1}')).toThrow("version 2");
  });
});

describe("[hvm run --record]", () => {
  it("one event a line, or what came within two milliseconds; letters split between writes are whole", () => {
    const lines: string[] = [];
    const recording = new Cast({ title: "t", width: 100, height: 30, timestamp: 1 });
    const bytes = Buffer.from("aé\n");
    recording.add(1_000_000n, bytes.subarray(0, 2));
    recording.add(1_500_000n, bytes.subarray(2));
    recording.add(2_000_000n, Buffer.from("b"));
    recording.add(9_000_000n, Buffer.from("c"));
    recording.write((content) => void lines.push(...content.trimEnd().split("\n")));
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { version: 2, width: 100, height: 30, timestamp: 1, title: "t" },
      [0.001, "o", "aé\n"],
      [0.002, "o", "b"],
      [0.009, "o", "c"],
    ]);
  });
});
