// dist/, or the folder that is named: the command as a few files. Loading two hundred modules would cost more than most guests' whole run.
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const outDir = process.argv[2] ?? join(root, "dist");
rmSync(outDir, { recursive: true, force: true });
await build({
  configFile: false,
  root,
  logLevel: "warn",
  // From the packages' sources: nothing has to be built before.
  ssr: { noExternal: true, resolve: { conditions: ["hvm-source"] } },
  build: {
    ssr: "src/bin.ts",
    outDir,
    target: "node20.19",
    sourcemap: false,
    // Names stay, so that a stack in a bug report can be read.
    rolldownOptions: { output: { minify: { mangle: false, compress: true, codegen: true } } },
  },
});
