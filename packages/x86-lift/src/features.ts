import type { LiftMode } from "./mode.ts";

/** CPUID features (spelt as x86-decode does) whose absence makes an integer or system instruction #UD. */
const byFeature = {
  popcnt: "popcnt",
  movbe: "movbe",
  "sse4-2": "crc32",
  cmpxchg16b: "cmpxchg16b",
  rdtscp: "rdtscp",
  rdpid: "rdpid",
  fsgsbase: "rdfsbase rdgsbase wrfsbase wrgsbase",
  xsave: "xgetbv xsetbv xsave xsave64 xrstor xrstor64",
  xsaveopt: "xsaveopt xsaveopt64",
  xsavec: "xsavec xsavec64",
  xsaves: "xsaves xsaves64 xrstors xrstors64",
  fxsr: "fxsave fxsave64 fxrstor fxrstor64",
  monitor: "monitor mwait",
  clfsh: "clflush",
  clflushopt: "clflushopt",
  clwb: "clwb",
  rdrand: "rdrand",
  rdseed: "rdseed",
  smap: "clac stac",
  pku: "rdpkru wrpkru",
  invpcid: "invpcid",
  adx: "adcx adox",
  bmi1: "andn bextr blsi blsmsk blsr",
  bmi2: "bzhi mulx pdep pext rorx sarx shlx shrx",
  movdiri: "movdiri",
  serialize: "serialize",
  wbnoinvd: "wbnoinvd",
  syscall: "syscall sysret sysretq",
  sep: "sysenter sysexit sysexitq",
  sse2: "movnti",
} as const;

const table = new Map<string, string>();
for (const [feature, mnemonics] of Object.entries(byFeature))
  for (const name of mnemonics.split(" ")) table.set(name, feature);

/** The feature that `mnemonic` needs beyond the baseline, or undefined. Vector and x87 semantics check their own. */
export function requiredFeature(mnemonic: string): string | undefined {
  return table.get(mnemonic);
}

/** Families without semantics, by the feature that a policy would show for them. */
const beyond: readonly (readonly [feature: string, family: RegExp])[] = [
  ["avx", /^v/],
  ["avx512f", /^k/],
  ["amx-tile", /^(tile|tdp|tcmm|ldtile|sttile)/],
  ["gfni", /^gf2p8/],
  ["d3now", /^(femms|pf|pi2f|pswapd|pmulhrw|pavgusb)/],
  ["sse4a", /^(extrq|insertq|movntsd|movntss)$/],
  ["tbm", /^(bl[cs]|t1mskc|tzmsk)/],
  ["rtm", /^(xbegin|xend|xabort|xtest)$/],
  ["waitpkg", /^(umonitor|umwait|tpause)$/],
  ["monitorx", /^(monitorx|mwaitx)$/],
  ["clzero", /^clzero$/],
  ["movdir64b", /^movdir64b$/],
  ["ptwrite", /^ptwrite$/],
  ["cet-ss", /^(incssp|rstorssp|saveprevssp|setssbsy|clrssbsy|wruss|wrss)/],
];

/** Does the mode show a feature that a mnemonic without semantics belongs to? Then the policy promises too much. */
export function isPromised(mnemonic: string, mode: LiftMode): boolean {
  return beyond.some(([feature, family]) => family.test(mnemonic) && mode.has(feature));
}
