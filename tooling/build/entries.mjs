import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const OUTPUT = /^\.\/dist\/(.+)\.js$/;

/**
 * The entries that a package's `exports` declare, as { name in dist: source }: what `default` and `hvm-source` say, with `*` for each
 * source that fits.
 * @throws {Error} an entry without one of the two
 */
export function entriesOf(folder, manifest) {
  const entries = {};
  for (const [subpath, target] of Object.entries(manifest.exports)) {
    if (typeof target === "string") continue;
    const source = target["hvm-source"];
    const name = OUTPUT.exec(target.default ?? "")?.[1];
    if (source === undefined || name === undefined)
      throw new Error(`exports["${subpath}"]: hvm-source and default as ./dist/NAME.js expected`);
    if (!source.includes("*")) {
      entries[name] = source;
      continue;
    }
    const [before, after] = basename(source).split("*");
    for (const file of readdirSync(join(folder, dirname(source)))) {
      if (!file.startsWith(before) || !file.endsWith(after) || file.endsWith(`.test${after}`)) continue;
      const part = file.slice(before.length, file.length - after.length);
      entries[name.replace("*", part)] = source.replace("*", part);
    }
  }
  return entries;
}
