/**
 * CPUID feature bits by name: where each one shows. Names are those that instruction tables use (`x86-decode`), so that one
 * name hides an instruction and its bit together.
 *
 * Sources: Intel SDM vol. 2, CPUID, tables 3-10 and 3-11 and leaf 7; AMD APM vol. 3 appendix E (extended leaves).
 */

export type CpuidRegister = "eax" | "ebx" | "ecx" | "edx";

export interface FeatureRow {
  readonly leaf: number;
  readonly register: CpuidRegister;
  readonly bit: number;
}

const at =
  (leaf: number, register: CpuidRegister) =>
  (bit: number): FeatureRow => ({ leaf, register, bit });
const edx1 = at(1, "edx");
const ecx1 = at(1, "ecx");
const ebx7 = at(7, "ebx");
const ecx7 = at(7, "ecx");
const edx7 = at(7, "edx");
const ecx81 = at(0x8000_0001, "ecx");
const edx81 = at(0x8000_0001, "edx");
const edx87 = at(0x8000_0007, "edx");

export const featureRows: Readonly<Record<string, FeatureRow>> = {
  fpu: edx1(0),
  vme: edx1(1),
  de: edx1(2),
  pse: edx1(3),
  tsc: edx1(4),
  msr: edx1(5),
  pae: edx1(6),
  mce: edx1(7),
  cx8: edx1(8),
  apic: edx1(9),
  sep: edx1(11),
  mtrr: edx1(12),
  pge: edx1(13),
  mca: edx1(14),
  cmov: edx1(15),
  pat: edx1(16),
  pse36: edx1(17),
  clfsh: edx1(19),
  acpi: edx1(22),
  mmx: edx1(23),
  fxsr: edx1(24),
  sse: edx1(25),
  sse2: edx1(26),
  ss: edx1(27),
  htt: edx1(28),

  sse3: ecx1(0),
  pclmulqdq: ecx1(1),
  monitor: ecx1(3),
  vmx: ecx1(5),
  ssse3: ecx1(9),
  fma: ecx1(12),
  cmpxchg16b: ecx1(13),
  pcid: ecx1(17),
  "sse4-1": ecx1(19),
  "sse4-2": ecx1(20),
  x2apic: ecx1(21),
  movbe: ecx1(22),
  popcnt: ecx1(23),
  "tsc-deadline": ecx1(24),
  aes: ecx1(25),
  xsave: ecx1(26),
  avx: ecx1(28),
  f16c: ecx1(29),
  rdrand: ecx1(30),
  hypervisor: ecx1(31),

  fsgsbase: ebx7(0),
  "tsc-adjust": ebx7(1),
  bmi1: ebx7(3),
  avx2: ebx7(5),
  smep: ebx7(7),
  bmi2: ebx7(8),
  erms: ebx7(9),
  invpcid: ebx7(10),
  rdseed: ebx7(18),
  adx: ebx7(19),
  smap: ebx7(20),
  clflushopt: ebx7(23),
  clwb: ebx7(24),
  sha: ebx7(29),
  umip: ecx7(2),
  pku: ecx7(3),
  gfni: ecx7(8),
  vaes: ecx7(9),
  vpclmulqdq: ecx7(10),
  rdpid: ecx7(22),
  movdiri: ecx7(27),
  movdir64b: ecx7(28),
  fsrm: edx7(4),
  serialize: edx7(14),
  "arch-capabilities": edx7(29),

  "lahf-lm": ecx81(0),
  svm: ecx81(2),
  lzcnt: ecx81(5),
  sse4a: ecx81(6),
  prefetchw: ecx81(8),
  syscall: edx81(11),
  nx: edx81(20),
  pdpe1gb: edx81(26),
  rdtscp: edx81(27),
  x64: edx81(29),
  "invariant-tsc": edx87(8),
};

/** The psABI level x86-64-v2, and what every processor of that level has around it. No local APIC: a machine that has one adds `apic`. */
export const x86_64V2Features: readonly string[] = [
  ...[
    "fpu",
    "vme",
    "de",
    "pse",
    "tsc",
    "msr",
    "pae",
    "mce",
    "cx8",
    "sep",
    "mtrr",
    "pge",
    "mca",
    "cmov",
    "pat",
    "pse36",
  ],
  ...["clfsh", "mmx", "fxsr", "sse", "sse2", "sse3", "ssse3", "cmpxchg16b", "sse4-1", "sse4-2", "popcnt", "hypervisor"],
  ...["arch-capabilities", "lahf-lm", "syscall", "nx", "rdtscp", "x64", "invariant-tsc"],
];

/** Names in instruction tables that have no bit of their own: processors of this kind simply are that new. */
export const impliedFeatures: ReadonlySet<string> = new Set([
  "8086",
  "186",
  "286",
  "386",
  "486",
  "fpu287",
  "fpu387",
  "cpuid",
  "multibytenop",
  "pause",
  "rdpmc",
]);
