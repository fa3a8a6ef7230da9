/**
 * Runs the command's chunks: CommonJS modules, each wrapped in a function when the bundle is made. Compiling a megabyte of source is half of a
 * short run, so the compiled code is kept between runs: all of it that a run has used, which Node's own cache of modules (Node 22.8 and
 * later) keeps too, but in the common temporary folder.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";
import { crc32 } from "node:zlib";
import { type CompiledCode, readCode, writeCode } from "./code-file.ts";

type Chunk = (exports: object, require: (id: string) => unknown, dirname: string) => void;

/**
 * @param folder of the chunks
 * @param entry the first one
 * @param file of compiled code; undefined: none is read or written
 * @param require for what is no chunk
 * @returns what keeps the code that has been compiled by then, unless it came from the file
 */
export function runChunks(
  folder: string,
  entry: string,
  file: string | undefined,
  require: (id: string) => unknown,
): () => void {
  const kept = file === undefined ? undefined : readCode(file);
  const scripts = new Map<string, { readonly script: Script; readonly source: number }>();
  const modules = new Map<string, object>();
  let isWhole = kept !== undefined;

  function load(id: string): object {
    const name = id.slice(2);
    const known = modules.get(name);
    if (known !== undefined) return known;
    const filename = join(folder, name);
    const bytes = readFileSync(filename);
    const source = file === undefined ? 0 : crc32(bytes);
    const found = kept?.get(name);
    const cachedData = found?.source === source ? found.code : undefined;
    // Chunks are ASCII.
    const script = new Script(bytes.toString("latin1"), { filename, ...(cachedData ? { cachedData } : {}) });
    scripts.set(name, { script, source });
    // A chunk that the file does not have is one that the run before did not need.
    if (found !== undefined && (cachedData === undefined || script.cachedDataRejected)) isWhole = false;
    const exports = {};
    modules.set(name, exports);
    (script.runInThisContext() as Chunk)(
      exports,
      (next) => (next.startsWith("./") ? load(next) : require(next)),
      folder,
    );
    return exports;
  }

  load(`./${entry}`);
  return () => {
    if (file === undefined || isWhole) return;
    const code = new Map<string, CompiledCode>();
    for (const [name, { script, source }] of scripts) code.set(name, { source, code: script.createCachedData() });
    writeCode(file, code);
  };
}
