/** Compiles workloads.c with gcc to workloads.gen.ts: `node bench/generate.mjs`. One flat image at 0x200000, which begins with HLT. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const dir = mkdtempSync(join(tmpdir(), "hvm-bench-"));
const names = ["loop", "sieve", "crc", "fib", "copy", "vm", "big"];
const flags = [
  ..."-O2 -ffreestanding -nostdlib -static -fno-pic -no-pie -mno-red-zone -mcmodel=small -fno-stack-protector".split(
    " ",
  ),
  ..."-fno-asynchronous-unwind-tables -fno-tree-vectorize -fcf-protection=none -fno-tree-loop-distribute-patterns".split(
    " ",
  ),
  ..."-fno-optimize-sibling-calls -Wl,--build-id=none -Wl,-N -Wl,-z,noexecstack".split(" "),
];
try {
  const [elf, stub, script] = ["all.elf", "start.s", "link.ld"].map((name) => join(dir, name));
  writeFileSync(stub, ".globl start\n.section .text.start\nstart: hlt\n");
  writeFileSync(
    script,
    "ENTRY(start) SECTIONS { . = 0x200000; .all : { *(.text.start) *(.text*) *(.rodata*) *(.data*) } /DISCARD/ : { *(.comment) *(.note*) } }",
  );
  execFileSync("gcc", [...flags, "-T", script, "-o", elf, stub, join(here, "workloads.c")], { stdio: "inherit" });
  execFileSync("objcopy", ["-O", "binary", elf, `${elf}.bin`]);
  const symbols = execFileSync("nm", [elf], { encoding: "utf8" });
  const entries = names.map((name) => {
    const address = new RegExp(`^0*([0-9a-f]+) T ${name}$`, "m").exec(symbols)?.[1];
    return `  ${name}: 0x${address},`;
  });
  const text = `/** Made by bench/generate.mjs from workloads.c. */
export const image =\n  "${readFileSync(`${elf}.bin`).toString("base64")}";
/** Addresses of the programs: argument in RDI, result in RAX, return address on the stack. */
export const entries = {\n${entries.join("\n")}\n} as const;\n`;
  writeFileSync(join(here, "workloads.gen.ts"), text);
} finally {
  rmSync(dir, { recursive: true });
}
