// `pnpm new KIND NAME …`: writes a source and its test from a template, then runs the package's generator.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { NewError, plan } from "./templates.mjs";

/** Writes everything or nothing. Returns the plan. @throws NewError */
export function makeNew(root, kind, words) {
  const read = (path) => readFileSync(join(root, path), "utf8");
  const made = plan(kind, words, { layers: JSON.parse(read("tooling/layers/layers.json")), license: read("LICENSE") });
  for (const path of Object.keys(made.files))
    if (existsSync(join(root, path))) throw new NewError(`${path} exists already; nothing was written`);
  for (const [path, text] of Object.entries({ ...made.files, ...made.rewrite })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return made;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  try {
    const [kind, ...words] = process.argv.slice(2).filter((word) => word !== "--");
    const { files, generate, next } = makeNew(root, kind, words);
    for (const path of Object.keys(files)) console.log(`wrote ${path}`);
    if (generate) {
      const [name, script] = generate;
      const { status } = spawnSync(process.execPath, [script], { cwd: join(root, "packages", name), stdio: "inherit" });
      console.log(
        status === 0
          ? `ran packages/${name}/${script}`
          : `packages/${name}/${script} failed: run it when the file is filled in`,
      );
    }
    for (const hint of next) console.log(`next: ${hint}`);
  } catch (error) {
    if (!(error instanceof NewError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
