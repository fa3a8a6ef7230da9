// Renews what is made from sources: README.md's tables of settings and of QEMU's options, and the pictures of docs/ from their recordings.
// `--check` compares instead of writing. TypeScript is loaded by vite, so that it runs on any Node version.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createServer } from "vite";
import { castSvg } from "./cast-picture.mjs";

const app = join(dirname(fileURLToPath(import.meta.url)), "..");
const docs = join(app, "..", "..", "docs");

/** Recordings, and what the window's title says. */
export const pictures = {
  "linux-boot": 'hvm run -kernel vmlinux -initrd initramfs -append "cryptomgr.notests console=ttyS0"',
};

/** Text between `<!-- NAME:begin -->` and `<!-- NAME:end -->`, replaced. @throws when the marks are missing */
export function replaceBlock(text, name, block) {
  const pattern = new RegExp(`(<!-- ${name}:begin -->\n)[\\s\\S]*?(<!-- ${name}:end -->)`);
  if (!pattern.test(text)) throw new Error(`no marks ${name}:begin and ${name}:end`);
  return text.replace(pattern, (_, begin, end) => `${begin}${block}\n${end}`);
}

async function tables() {
  const server = await createServer({
    root: app,
    configFile: false,
    logLevel: "error",
    server: { middlewareMode: true, hmr: false, watch: null },
    ssr: { noExternal: true, resolve: { conditions: ["hvm-source"] } },
    appType: "custom",
  });
  try {
    return (await server.ssrLoadModule("/src/cli/settings-tables.ts")).settingsTables();
  } finally {
    await server.close();
  }
}

/** Every generated file with its content. */
export async function generated() {
  const readme = join(app, "README.md");
  let text = readFileSync(readme, "utf8");
  for (const [name, table] of Object.entries(await tables())) text = replaceBlock(text, name, table);
  const files = new Map([[readme, text]]);
  for (const [name, title] of Object.entries(pictures))
    files.set(join(docs, `${name}.svg`), castSvg(readFileSync(join(docs, `${name}.cast`), "utf8"), title));
  return files;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, content] of await generated())
    if (!process.argv.includes("--check")) writeFileSync(path, content);
    else if (readFileSync(path, "utf8") !== content) {
      console.error(`${path} is out of date; run \`node scripts/gen.mjs\``);
      process.exitCode = 1;
    }
}
