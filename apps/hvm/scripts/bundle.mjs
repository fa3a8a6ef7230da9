// dist/, or the folder that is named: the command as a few files. Loading two hundred modules would cost more than most guests' whole run.
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, runnerImport } from "vite";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const outDir = process.argv[2] ?? join(root, "dist");
// From the packages' sources: nothing has to be built before.
const conditions = ["hvm-source"];

/** Puts another body in the place of x86-vcpu's `readyMade`. */
const readyMade = (body) => ({
  name: "ready-made",
  transform: (_code, id) => (id.endsWith("/tier1/ready-made.ts") ? body : undefined),
});

const { module: made } = await runnerImport(join(root, "scripts", "first-interpreter.ts"), {
  configFile: false,
  root,
  logLevel: "warn",
  plugins: [readyMade("export const readyMade = (key) => void globalThis.readyMadeAsked.push(key);")],
  environments: { inline: { resolve: { external: [], noExternal: true, conditions } } },
});
const { key, bytes } = made.firstInterpreter();

rmSync(outDir, { recursive: true, force: true });
await build({
  configFile: false,
  root,
  logLevel: "warn",
  plugins: [
    readyMade(`import { readFileSync } from "node:fs";
const file = new URL("interpreter.wasm", import.meta.url);
export const readyMade = (key) => (key === ${JSON.stringify(key)} ? readFileSync(file) : undefined);`),
    {
      name: "interpreter",
      generateBundle() {
        this.emitFile({ type: "asset", fileName: "assets/interpreter.wasm", source: bytes });
      },
    },
  ],
  ssr: { noExternal: true, resolve: { conditions } },
  build: {
    ssr: "src/bin.ts",
    outDir,
    emptyOutDir: false,
    target: "node20.19",
    sourcemap: false,
    // Names stay, so that a stack in a bug report can be read.
    rolldownOptions: { output: { minify: { mangle: false, compress: true, codegen: true } } },
  },
});
