// Runs a TypeScript file of this package on any Node version, as one bundle at full speed:
// `node scripts/run.mjs test/vectors/x.ts args…`. Files that it reads lie beside the entry.
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

// vitest brings it.
const vite = createRequire(createRequire(import.meta.url).resolve("vitest/package.json")).resolve("vite");
const { build, defaultServerConditions } = await import(pathToFileURL(vite).href);
const root = fileURLToPath(new URL("..", import.meta.url));
const [file, ...args] = process.argv.slice(2);
const entry = resolve(root, file);
const outDir = mkdtempSync(join(tmpdir(), "run-"));
try {
  const conditions = ["hvm-source", ...defaultServerConditions];
  await build({
    root,
    configFile: false,
    logLevel: "error",
    define: { "import.meta.url": JSON.stringify(pathToFileURL(entry).href) },
    resolve: { conditions },
    ssr: { resolve: { conditions }, noExternal: true },
    build: {
      ssr: entry,
      outDir,
      emptyOutDir: true,
      minify: false,
      rollupOptions: { output: { entryFileNames: "bundle.mjs" } },
    },
  });
  await (await import(pathToFileURL(join(outDir, "bundle.mjs")).href)).main(args);
} finally {
  rmSync(outDir, { recursive: true, force: true });
}
