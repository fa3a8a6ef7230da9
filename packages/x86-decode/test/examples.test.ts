/** `docs/examples.md` shows each file of `examples/` to the letter, and what running it prints. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, test, vi } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = readFileSync(`${root}docs/examples.md`, "utf8");
const names = readdirSync(`${root}examples`).filter((name) => name.endsWith(".ts") && name !== "readme.ts");

describe("[x86-decode] examples", () => {
  test.each(names)("%s", async (name) => {
    const source = readFileSync(`${root}examples/${name}`, "utf8");
    const lines: string[] = [];
    const spy = vi.spyOn(console, "log").mockImplementation((...args) => void lines.push(`${args.join(" ")}\n`));
    try {
      await import(/* @vite-ignore */ pathToFileURL(`${root}examples/${name}`).href);
    } finally {
      spy.mockRestore();
    }
    expect(page).toContain(`\`\`\`ts\n${source}\`\`\`\n\n\`\`\`text\n${lines.join("")}\`\`\`\n`);
  });
});
