/** What /proc and /sys of a program without a kernel say about this machine: the same as its firmware and its CPUID. */
import type { CpuidPolicy } from "hvm-domain";
import { showsVmware } from "./firmware/firmware-tables.ts";
import { dmiStrings } from "./firmware/smbios.ts";
import type { CompleteConfig } from "./machine-config.ts";

/** Linux's names of features in /proc/cpuinfo (arch/x86/include/asm/cpufeatures.h), by ours; others are alike. */
const linuxNames: Readonly<Record<string, string>> = {
  cmpxchg16b: "cx16",
  clfsh: "clflush",
  "sse4-1": "sse4_1",
  "sse4-2": "sse4_2",
  sse3: "pni",
  x64: "lm",
  "lahf-lm": "lahf_lm",
  "invariant-tsc": "nonstop_tsc",
};

/** Text of a vendor or brand: registers in order, little-endian, up to the first zero. */
function letters(words: readonly number[]): string {
  const bytes = words.flatMap((word) => [0, 8, 16, 24].map((shift) => (word >>> shift) & 0xff));
  const end = bytes.indexOf(0);
  return String.fromCharCode(...(end < 0 ? bytes : bytes.slice(0, end))).trim();
}

function cpuinfo(cpuid: CpuidPolicy, features: readonly string[]): string {
  const leaf = (number: number) => cpuid.lookup(number, 0, { apicId: 0, osxsave: false });
  const { ebx, ecx, edx } = leaf(0);
  const signature = leaf(1).eax;
  const family = (signature >>> 8) & 0xf;
  const model = ((signature >>> 4) & 0xf) | ((signature >>> 12) & 0xf0);
  const brand = [0x8000_0002, 0x8000_0003, 0x8000_0004]
    .map(leaf)
    .flatMap((part) => [part.eax, part.ebx, part.ecx, part.edx]);
  const flags = features
    .filter((name) => cpuid.featureEnabled(name))
    .map((name) => linuxNames[name] ?? name.replaceAll("-", "_"));
  return `${[
    "processor\t: 0",
    `vendor_id\t: ${letters([ebx, edx, ecx])}`,
    `cpu family\t: ${family === 0xf ? family + ((signature >>> 20) & 0xff) : family}`,
    `model\t\t: ${model}`,
    `model name\t: ${letters(brand)}`,
    `stepping\t: ${signature & 0xf}`,
    `flags\t\t: ${flags.join(" ")}`,
  ].join("\n")}\n\n`;
}

/** Paths and texts for `LinuxProcess`. */
export function processFiles(
  config: CompleteConfig,
  cpuid: CpuidPolicy,
  features: readonly string[],
): Record<string, string> {
  const dmi = dmiStrings(showsVmware(config), config.uuid);
  const id = (name: string, text: string): [string, string] => [`/sys/class/dmi/id/${name}`, `${text}\n`];
  return {
    "/proc/cpuinfo": cpuinfo(cpuid, features),
    ...Object.fromEntries([
      id("sys_vendor", dmi.manufacturer),
      id("product_name", dmi.product),
      id("product_version", "None"),
      id("board_vendor", dmi.manufacturer),
      id("chassis_vendor", dmi.manufacturer),
      id("bios_vendor", dmi.biosVendor),
      id("bios_version", dmi.biosVersion),
    ]),
  };
}
