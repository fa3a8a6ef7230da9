/** node bench/run.mjs [rounds] [workload], node bench/run.mjs predecode [rounds]: bundles the benchmark with Vite and prints a table. */
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

// Vite comes with vitest.
const { build } = await import(createRequire(import.meta.resolve("vitest")).resolve("vite"));
const here = fileURLToPath(new URL(".", import.meta.url));
const outDir = mkdtempSync(join(tmpdir(), "hvm-bench-"));

async function load(entry) {
  await build({
    configFile: false,
    root: join(here, ".."),
    logLevel: "error",
    resolve: { conditions: ["hvm-source"] },
    ssr: { resolve: { conditions: ["hvm-source"] }, noExternal: true },
    build: {
      ssr: join(here, entry),
      outDir,
      emptyOutDir: false,
      minify: false,
      rollupOptions: { output: { entryFileNames: "[name].mjs" } },
    },
  });
  return import(pathToFileURL(join(outDir, entry.replace(".ts", ".mjs"))).href);
}

try {
  if (process.argv[2] === "predecode") {
    const { benchPredecode } = await load("predecode.bench.ts");
    const { instructions, nanoseconds } = benchPredecode(Number(process.argv[3] ?? 9));
    console.log(`predecode and first run: ${nanoseconds.toFixed(0)} ns an instruction (${instructions} instructions)`);
  } else {
    const { benchTiers } = await load("tiers.bench.ts");
    for (const { name, instructions, mips } of benchTiers(Number(process.argv[2] ?? 5), process.argv[3])) {
      const cells = Object.entries(mips).map(([tier, value]) => `${tier} ${value.toFixed(value < 10 ? 2 : 0)} MIPS`);
      console.log(
        `${name.padEnd(6)} ${(instructions / 1e6).toFixed(1).padStart(7)} M instructions  ${cells.join("  ")}`,
      );
    }
  }
} finally {
  rmSync(outDir, { recursive: true });
}
