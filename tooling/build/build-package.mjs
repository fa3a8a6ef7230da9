#!/usr/bin/env node
// In a package's folder: makes its dist/ as npm gets it. Declarations file by file, by tsc; JavaScript as one file for each entry of
// `exports`, and one for what some of them share. V8 compiles the value of a module's const into code; what comes by import or stands in a
// var it loads and checks at each use. And one file loads much sooner than a hundred.
import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";
import { entriesOf } from "./entries.mjs";

const folder = process.cwd();
const outDir = join(folder, "dist");
const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const dependencies = Object.keys(manifest.dependencies ?? {});

/** @throws when a type is wrong; tsc has said which */
function declarations() {
  const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  return new Promise((resolve, reject) => {
    spawn(process.execPath, [compiler, "-p", "tsconfig.build.json"], { cwd: folder, stdio: "inherit" })
      .on("error", reject)
      .on("close", (status) => (status === 0 ? resolve() : reject(new Error(`tsc ended with status ${status}`))));
  });
}

async function code() {
  const bundle = await rolldown({
    cwd: folder,
    input: entriesOf(folder, manifest),
    platform: "neutral",
    external: (id) => dependencies.some((name) => id === name || id.startsWith(`${name}/`)),
    transform: { target: "es2023" },
    // An import that leads nowhere, or to a package that is not declared, is a mistake.
    onLog(level, log) {
      if (level === "warn") throw new Error(log.message);
    },
  });
  await bundle.write({
    dir: outDir,
    format: "es",
    topLevelVar: false,
    minifyInternalExports: false,
    comments: { legal: true, annotation: true, jsdoc: false },
    sourcemap: true,
    sourcemapExcludeSources: true,
    entryFileNames: "[name].js",
    chunkFileNames: "shared/[name].js",
  });
  await bundle.close();
}

rmSync(outDir, { recursive: true, force: true });
try {
  await Promise.all([declarations(), code()]);
} catch (error) {
  console.error(`${manifest.name}: ${error.message}`);
  process.exitCode = 1;
}
