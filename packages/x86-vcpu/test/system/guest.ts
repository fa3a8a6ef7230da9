/**
 * Runs one image of the system tests: the processor, memory, two ports that collect text, and one interrupt source.
 * Ports: 0xe9 text; 0x3fd says that COM1 is ready; 0x40 raises interrupt 0x20 as the PIT's channel 0 would through a
 * PIC, and 0x20 reads that request; 0x501 ends. The interrupt command of a local APIC sends NMIs.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createGuestMemory } from "guest-memory";
import { createVcpu } from "../../src/vcpu.ts";
import { recordForms } from "./record-forms.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));
const IMAGE_BASE = 0x7c00;
const APIC = 0xfee0_0000;

/** Assembles `name`.asm with nasm. */
export function assemble(name: string): Uint8Array {
  const scratch = mkdtempSync(join(tmpdir(), "x86-vcpu-system-"));
  try {
    const file = join(scratch, "image.bin");
    execFileSync("nasm", ["-w-prefix-lock", "-f", "bin", "-I", folder, "-o", file, join(folder, `${name}.asm`)]);
    return Uint8Array.from(readFileSync(file));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The rows of the table in the head comment: test → what the guest must print for it. */
export function readTable(name: string): readonly string[] {
  const text = readFileSync(join(folder, `${name}.asm`), "utf8");
  return text
    .split("\n")
    .filter((line) => /^; {3}\S.* -> /.test(line))
    .map((line) => line.slice(4).replace(" -> ", ": "));
}

/** CPUID of a processor that has everything, as far as the guests ask: nothing of it. */
const skipped = new Set(["cpuid", "invd", "wbinvd", "pause", "rdpmc", "xsetbv", "monitor", "mwait", "vmcall"]);

/**
 * Lines that the guest printed, without the last one, "end"; and how it ended if it ended otherwise. On tier 0 `onForm` gets every form that is
 * carried out.
 */
export function runGuest(
  image: Uint8Array,
  tier: 0 | 1,
  onForm?: (form: number) => void,
): { lines: readonly string[]; end: string } {
  const memory = createGuestMemory({ arenaBytes: 0x100_0000, ram: [{ base: 0, size: 0x80_0000 }] });
  const vcpu = createVcpu({ memory, features: { has: () => true }, tier });
  if (onForm !== undefined) recordForms(vcpu.cpu, onForm);
  memory.write(IMAGE_BASE, image);
  vcpu.setSegment("cs", { selector: 0, base: 0n, limit: 0xffff, attributes: 0x9b });
  vcpu.rip = BigInt(IMAGE_BASE + 0x200);
  let text = "";
  let timerRequest = false;
  const finish = (end: string) => {
    const lines = text.split("\n").slice(0, -1);
    return lines.at(-1) === "end" ? { lines: lines.slice(0, -1), end } : { lines, end };
  };

  const write = (port: number, value: number): boolean => {
    if (port === 0xe9) text += String.fromCharCode(value);
    if (port === 0x40) {
      timerRequest = true;
      vcpu.injectInterrupt(0x20);
    }
    return port !== 0x501;
  };
  const read = (port: number): number => {
    if (port === 0x3fd) return 0x60;
    if (port === 0x20) return timerRequest ? 1 : 0;
    return 0;
  };

  for (let exits = 0; exits < 100_000; exits++) {
    const exit = vcpu.run(10_000_000);
    if (exit.reason === "io-instruction") {
      const mask = exit.size === 4 ? 0xffff_ffff : (1 << (exit.size * 8)) - 1;
      if (exit.direction === "in") {
        const old = vcpu.readRegister32(0);
        if (!exit.string) vcpu.writeRegister32(0, (old & ~mask) | (read(exit.port) & mask));
      } else if (!write(exit.port, vcpu.readRegister32(0) & mask)) return finish("done");
      if (exit.rep && vcpu.readRegister32(1) > 1) {
        // One element at a time: the instruction stays.
        vcpu.writeRegister32(1, vcpu.readRegister32(1) - 1);
        vcpu.advanceRip(0);
      } else {
        if (exit.rep) vcpu.writeRegister32(1, 0);
        vcpu.advanceRip(exit.instructionLength);
      }
    } else if (exit.reason === "ept-violation" && exit.guestPhysical >>> 12 === APIC >>> 12) {
      const command = exit.data[0]! | (exit.data[1]! << 8);
      if (exit.access === "write" && exit.guestPhysical === APIC + 0x300 && command === 0x4400) vcpu.injectNmi();
      vcpu.completeMmio();
    } else if (exit.reason === "rdmsr" || exit.reason === "wrmsr") vcpu.injectException(13, 0);
    else if (skipped.has(exit.reason)) vcpu.advanceRip(exit.instructionLength);
    else if (exit.reason === "hlt" && timerRequest && vcpu.rflags & 0x200n) vcpu.advanceRip(exit.instructionLength);
    else return finish(`${exit.reason} at ${vcpu.rip.toString(16)} ${exit.text}`);
  }
  return finish("too many exits");
}
