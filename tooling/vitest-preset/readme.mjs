import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, it, vi } from "vitest";

const block = (text, language) => new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(text)?.[1];

/**
 * Registers a test that keeps a package's README honest: its first `ts` block is `examples/readme.ts` to the letter,
 * and running that file prints its first `text` block. Call it from `test/readme.test.ts`:
 * `checkReadmeExample(import.meta.url)`.
 */
export function checkReadmeExample(testUrl) {
  const root = new URL("../", testUrl);
  it("README example runs and prints what the README says", async () => {
    const readme = readFileSync(fileURLToPath(new URL("README.md", root)), "utf8");
    const example = fileURLToPath(new URL("examples/readme.ts", root));
    expect(block(readme, "ts"), "README ts block = examples/readme.ts").toBe(readFileSync(example, "utf8"));
    const lines = [];
    const spy = vi.spyOn(console, "log").mockImplementation((...args) => void lines.push(args.join(" ")));
    try {
      await import(/* @vite-ignore */ pathToFileURL(example).href);
    } finally {
      spy.mockRestore();
    }
    expect(lines.map((line) => `${line}\n`).join("")).toBe(block(readme, "text"));
  });
}
