// Assembles guest/first-light.asm with nasm into src/image.gen.ts.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
export const modulePath = join(root, "src", "image.gen.ts");

/** The module's text. @throws when nasm is missing or refuses the source */
export function assemble() {
  const work = mkdtempSync(join(tmpdir(), "assemble-"));
  try {
    const out = join(work, "out.bin");
    const source = join(root, "guest", "first-light.asm");
    execFileSync("nasm", ["-f", "bin", "-w+error", "-o", out, source], { stdio: "pipe" });
    const bytes = readFileSync(out);
    const lines = bytes.toString("base64").match(/.{1,100}/g) ?? [];
    return [
      "// Generated from guest/first-light.asm by scripts/assemble.mjs; do not edit.",
      `/** ${bytes.length} bytes, base64. */`,
      "export const imageBase64: string = [",
      ...lines.map((line) => `  "${line}",`),
      '].join("");',
      "",
    ].join("\n");
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(modulePath, assemble());
