/** What a user downloads: bundled, minified, gzip. */
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
/** vitest's own bundler. */
const { build } = await import(
  pathToFileURL(createRequire(createRequire(import.meta.url).resolve("vitest/package.json")).resolve("vite")).href
);

async function bundle(code: string): Promise<string> {
  const result = await build({
    root,
    configFile: false,
    logLevel: "error",
    build: { write: false, minify: true, rollupOptions: { input: "entry", preserveEntrySignatures: "strict" } },
    plugins: [
      {
        name: "entry",
        resolveId: (id: string) => (id === "entry" ? id : undefined),
        load: (id: string) => (id === "entry" ? code : undefined),
      },
    ],
  });
  return result.output[0].code;
}

const kilobytes = (code: string): number => gzipSync(code, { level: 9 }).length / 1000;

describe("[x86-decode] bundles", () => {
  test("decoding alone", async () => {
    const code = await bundle(`export { decodeInstruction, Instruction } from "/src/index.ts"`);
    expect(kilobytes(code)).toBeLessThan(60);
    // Neither names nor text nor information come along.
    expect(code).not.toContain("vfmaddsub");
    expect(code).not.toContain("zmmword");
    expect(code).not.toContain("avx512");
  });

  test("with Intel text", async () => {
    const code = await bundle(
      `export { decodeInstruction, Instruction } from "/src/index.ts"; export { formatIntel } from "/src/intel.ts"`,
    );
    expect(kilobytes(code)).toBeLessThan(100);
    expect(code).toContain("zmmword");
    expect(code).not.toContain("avx512");
  });
});
