// dist/, or the folder that is named: the command as a few files. Loading two hundred modules would cost more than most guests' whole run.
// bin.js loads the chunks of app/, each of them an ASCII expression: a CommonJS module as a function. What is the same in every run is
// calculated here: the interpreter, and tables.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, runnerImport } from "vite";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const outDir = process.argv[2] ?? join(root, "dist");
const source = (path) => join(root, "src", path);
const packaged = (path) => join(root, "..", "..", "packages", path);
// From the packages' sources: nothing has to be built before.
const conditions = ["hvm-source"];
/** Modules whose exports are data only: numbers, plain objects, typed arrays. */
const dataModules = [
  "x86-decode/src/tables.gen.ts",
  "x86-decode/src/decode-tables.ts",
  "x86-decode/src/operand-plan.ts",
  "x86-vcpu/src/helpers/simd/aes-tables.ts",
].map(packaged);

/** Only `hvm exec` runs programs without a kernel. For the others the machine's `LinuxProcess` is a chunk of its own, loaded at the first use. */
const LATE = {
  chunk: "linux-process",
  path: packaged("linux-process/src/index.ts"),
  importer: "hvm-machine/src/machine.ts",
};

/** A module run here. */
async function imported(path, plugins = []) {
  const { module } = await runnerImport(path, {
    configFile: false,
    root,
    logLevel: "warn",
    plugins,
    environments: { inline: { resolve: { external: [], noExternal: true, conditions } } },
  });
  return module;
}

/** Puts another body in the place of x86-vcpu's `readyMade`. */
const readyMade = (body) => ({
  name: "ready-made",
  transform: (_code, id) => (id.endsWith("/tier1/ready-made.ts") ? body : undefined),
});

/** Typed arrays go into one file, which is read as it is; everything else into the module's text. */
async function dataPlugin() {
  const parts = [];
  let size = 0;
  const bodies = new Map();
  for (const path of dataModules) {
    const lines = ['import { tables } from "virtual:tables";'];
    for (const [name, value] of Object.entries(await imported(path))) {
      if (!ArrayBuffer.isView(value)) {
        if (JSON.stringify(value) === undefined) throw new Error(`${path}: ${name} is not data`);
        lines.push(`export const ${name} = ${JSON.stringify(value)};`);
        continue;
      }
      parts.push({ at: size, bytes: new Uint8Array(value.buffer, value.byteOffset, value.byteLength) });
      lines.push(
        `export const ${name} = /* @__PURE__ */ new ${value.constructor.name}(tables, ${size}, ${value.length});`,
      );
      size = Math.ceil((size + value.byteLength) / 8) * 8;
    }
    bodies.set(path, lines.join("\n"));
  }
  const source = new Uint8Array(size);
  for (const { at, bytes } of parts) source.set(bytes, at);
  return {
    name: "data",
    resolveId: (id) => (id === "virtual:tables" ? "\0tables" : undefined),
    load: (id) =>
      id === "\0tables"
        ? `import { readFileSync } from "node:fs";
import { join } from "node:path";
const bytes = readFileSync(join(__dirname, "tables.bin"));
export const tables = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);`
        : undefined,
    transform: (_code, id) => bodies.get(id),
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "tables.bin", source });
    },
  };
}

const lateProcess = {
  name: "late",
  enforce: "pre",
  resolveId(id, importer) {
    if (importer === "\0late") return { id, external: true };
    return id === LATE.chunk && importer?.endsWith(LATE.importer) ? "\0late" : undefined;
  },
  load: (id) =>
    id === "\0late"
      ? `export const LinuxProcess = new Proxy(class {}, {
  construct: (_target, args) => new (require("./${LATE.chunk}.js").LinuxProcess)(...args),
});`
      : undefined,
};

/** Chunks as bin.js wants them. */
const functions = {
  name: "functions",
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== "chunk") continue;
      const ascii = chunk.code.replace(
        /[^\0-\x7f]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
      );
      chunk.code = `(function (exports, require, __dirname) {${ascii}\n})`;
    }
  },
};

const bundled = (input, { folder, plugins, output }) =>
  build({
    configFile: false,
    root,
    logLevel: "warn",
    plugins,
    ssr: { noExternal: true, resolve: { conditions } },
    build: {
      ssr: true,
      outDir: folder,
      emptyOutDir: false,
      target: "node20.19",
      sourcemap: false,
      rolldownOptions: {
        input,
        output: {
          format: "cjs",
          entryFileNames: "[name].js",
          chunkFileNames: "[name].js",
          // V8 compiles the value of a const into code, of a var never.
          topLevelVar: false,
          // Names of functions and classes stay, so that a stack in a bug report can be read.
          minify: { mangle: { keepNames: true }, compress: true, codegen: true },
          ...output,
        },
      },
    },
  });

const { firstInterpreter } = await imported(join(root, "scripts", "first-interpreter.ts"), [
  readyMade("export const readyMade = (key) => void globalThis.readyMadeAsked.push(key);"),
]);
const { key, bytes } = firstInterpreter();

rmSync(outDir, { recursive: true, force: true });
mkdirSync(outDir, { recursive: true });
await bundled({ bin: source("bin.ts") }, { folder: outDir, plugins: [] });
await bundled(
  { process: source("process.ts"), [LATE.chunk]: LATE.path },
  {
    folder: join(outDir, "app"),
    plugins: [
      lateProcess,
      readyMade(`import { readFileSync } from "node:fs";
import { join } from "node:path";
const file = join(__dirname, "interpreter.wasm");
export const readyMade = (key) => (key === ${JSON.stringify(key)} ? readFileSync(file) : undefined);`),
      {
        name: "interpreter",
        generateBundle() {
          this.emitFile({ type: "asset", fileName: "interpreter.wasm", source: bytes });
        },
      },
      await dataPlugin(),
      functions,
    ],
  },
);
// The package is one of ES modules; its command is not.
writeFileSync(join(outDir, "package.json"), `${JSON.stringify({ type: "commonjs" })}\n`);
