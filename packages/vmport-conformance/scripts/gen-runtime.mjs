// Assembles guest/runtime.asm into src/image/runtime.gen.ts. Needs nasm. `--check` compares instead of writing.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const source = new URL("../guest/runtime.asm", import.meta.url).pathname;
const target = new URL("../src/image/runtime.gen.ts", import.meta.url);
const folder = mkdtempSync(join(tmpdir(), "runtime-"));
let bytes;
try {
  execFileSync(
    "nasm",
    ["-f", "bin", "-w-number-overflow", "-w-label-orphan", "-o", join(folder, "runtime.bin"), source],
    {
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  bytes = readFileSync(join(folder, "runtime.bin"));
} finally {
  rmSync(folder, { recursive: true });
}
const lines = bytes.toString("hex").match(/.{1,108}/g);
const text = `// Made by scripts/gen-runtime.mjs from guest/runtime.asm.\n/** The guest's machine code, ${bytes.length} bytes, in hex. */\nexport const runtimeHex =\n${lines.map((line) => `  "${line}"`).join(" +\n")};\n`;
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error("src/image/runtime.gen.ts is not what guest/runtime.asm makes: run `node scripts/gen-runtime.mjs`");
    process.exitCode = 1;
  }
} else writeFileSync(target, text);
