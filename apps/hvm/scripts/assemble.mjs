// Assembles guest/*.asm with nasm into src/guest/NAME.gen.ts. `--check` compares instead of writing.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** The module text for one source file. @throws when nasm is missing or refuses it */
export function assemble(name) {
  const work = mkdtempSync(join(tmpdir(), "assemble-"));
  try {
    const out = join(work, "out.bin");
    execFileSync("nasm", ["-f", "bin", "-w+error", "-o", out, join(root, "guest", `${name}.asm`)], { stdio: "pipe" });
    const bytes = readFileSync(out);
    const lines = bytes.toString("base64").match(/.{1,100}/g) ?? [];
    const identifier = name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
    return [
      `// Generated from guest/${name}.asm by scripts/assemble.mjs; do not edit.`,
      `/** ${bytes.length} bytes, base64. */`,
      `export const ${identifier}Base64: string = [`,
      ...lines.map((line) => `  "${line}",`),
      '].join("");',
      "",
    ].join("\n");
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

export const guestNames = () =>
  readdirSync(join(root, "guest"))
    .filter((file) => file.endsWith(".asm"))
    .map((file) => basename(file, ".asm"));
export const modulePath = (name) => join(root, "src", "guest", `${name}.gen.ts`);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of guestNames()) {
    const text = assemble(name);
    if (!process.argv.includes("--check")) writeFileSync(modulePath(name), text);
    else if (readFileSync(modulePath(name), "utf8") !== text) {
      console.error(`src/guest/${name}.gen.ts differs from guest/${name}.asm; run \`node scripts/assemble.mjs\``);
      process.exit(1);
    }
  }
}
